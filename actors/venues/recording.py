"""Waits until the ledger has the plan of an order: nothing is executed that is not recorded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final

from nats.aio.msg import Msg

from tradewind.contracts.streams import RECORDED_PLANS
from tradewind.runtime import NatsConnection
from tradewind.trading.wallet.errors import PlanNotRecorded

UNTOLD_PAUSES_MS: Final = (0, 4, 8, 16, 32, 64, 128)
TOLD_PAUSES_MS: Final = (64, 192)
"""They end when the coordinator tells. The first is longer than a plan takes on a full machine from
here until it is recorded and told of; so it runs out for one that was recorded before anybody
listened, and the second for a telling that got lost."""
MAX_TOLD: Final = 1_024
"""Plans that were told of before anybody waited for them; the oldest are forgotten."""


class RecordedPlans:
    """What the coordinator says of plans it has just recorded.

    It says when to look, and proves nothing: whoever executes a plan asks the ledger. Where nobody
    has told anything yet, one has to look for oneself.
    """

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._waiting: dict[str, asyncio.Future[bool]] = {}
        self._has_heard = False

    async def receive(self, message: Msg) -> None:
        """Take what the coordinator tells: ids of the plans' events, one a line."""
        self.take(message.data.decode().split())

    def take(self, event_ids: Iterable[str]) -> None:
        """Let go on whoever waits for these plans, and remember the others."""
        self._has_heard = True
        for event_id in event_ids:
            waiter = self._waiting.get(event_id)
            if waiter is None:
                self._remember(event_id)
            else:
                _answer(waiter, True)

    def _remember(self, event_id: str) -> None:
        if len(self._told) >= MAX_TOLD:
            del self._told[next(iter(self._told))]
        self._told[event_id] = None

    @property
    def pauses_ms(self) -> tuple[int, ...]:
        """How long to wait before each attempt, at most, until the ledger must have the plan."""
        return TOLD_PAUSES_MS if self._has_heard else UNTOLD_PAUSES_MS

    async def is_told_within(self, event_id: str, seconds: float) -> bool:
        """Wait until a plan is told of; each telling is answered once. False after `seconds`."""
        if event_id in self._told:
            del self._told[event_id]
            return True
        if not seconds:
            return False
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        self._waiting[event_id] = waiter
        timer = loop.call_later(seconds, _answer, waiter, False)
        try:
            return await waiter
        finally:
            timer.cancel()
            if self._waiting.get(event_id) is waiter:
                del self._waiting[event_id]


def _answer(waiter: asyncio.Future[bool], is_told: bool) -> None:
    if not waiter.done():
        waiter.set_result(is_told)


async def once_recorded[T](
    execute: Callable[[bool], Awaitable[T]],
    event_id: str,
    recorded: RecordedPlans,
    waited: Callable[[float], None] = lambda _: None,
) -> T:
    """Execute a step once its plan, which this event created, is recorded.

    The plan reaches us when it reaches the coordinator, so it is recorded within milliseconds. To
    have it redelivered instead would cost its preparation. `execute` is told whether the
    coordinator said that it is, and `waited` for how many seconds.
    """
    clock_seconds = asyncio.get_running_loop().time
    asked_at, pauses_ms = clock_seconds(), iter(recorded.pauses_ms)
    is_told = await recorded.is_told_within(event_id, next(pauses_ms) / 1_000)
    while True:
        try:
            done = await execute(is_told)
        except PlanNotRecorded:
            if (pause_ms := next(pauses_ms, None)) is None:
                raise
            is_told = await recorded.is_told_within(event_id, pause_ms / 1_000)
        else:
            waited(clock_seconds() - asked_at)
            return done


@asynccontextmanager
async def heard_plans(connection: NatsConnection) -> AsyncIterator[RecordedPlans]:
    """Listen while a block runs; the client subscribes again after a reconnection."""
    recorded = RecordedPlans()
    subscription = await connection.client.subscribe(RECORDED_PLANS, cb=recorded.receive)
    try:
        yield recorded
    finally:
        if connection.is_connected:
            await subscription.unsubscribe()
