"""Requests to cancel on real servers: whoever decides about an intent next honours them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from actors.__main__ import serve
from tests.settings import Settings
from tests.support.factories import submitted
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.execution.demo_strategies import DemoStrategy
from tradewind.contracts.intents.cancellation import cancel_request
from tradewind.contracts.registry import terminal_topics
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.upkeep.cancel_requests import CancelRequests
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, Publisher

POOLS = (Role.RISK, Role.PORTFOLIO, Role.PLANNER, Role.ORCHESTRATOR)
BESIDE = (Role.MARKET, Role.COORDINATOR)
"""There are no prices without the one; a portfolio decides nothing until the other records."""
STAGES = ("intent.submitted", "risk.screened", "intent.accepted", "plan.created")
"""The event that each of them has to act on."""
LATENCY_MS = 2_000


@asynccontextmanager
async def running(settings: Settings, *roles: Role) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    task = asyncio.create_task(serve(roles, settings, stopped))
    try:
        yield
    finally:
        stopped.set()
        await task


class Bus:
    """What the broker has of one intent, and the means to ask for it to be cancelled."""

    def __init__(self, connection: NatsConnection, settings: Settings, opening: AnyEvent) -> None:
        self.connection = connection
        self.dsn = settings.postgres_dsn.get_secret_value()
        self.opening = opening

    async def publish(self, *events: AnyEvent) -> None:
        publisher = Publisher(self.connection)
        await publisher.publish_all(events)
        await publisher.close()

    async def cancel(self, *, asks: str = "key-1", is_heard: bool = True) -> AnyEvent:
        """Keep a request as the gateway does, and publish it."""
        request = cancel_request(self.opening, asks, datetime.now(UTC))
        pool = await open_pool(self.dsn, max_size=1)
        try:
            is_new = await CancelRequests(pool).accept(request)
        finally:
            await pool.close()
        if is_new and is_heard:
            await self.publish(request)
        return request

    async def topics(self, correlation_id: str = "") -> list[str]:
        return [event.topic for event in await self.history(correlation_id)]

    async def history(self, correlation_id: str = "") -> list[AnyEvent]:
        """Return the events of the intent so far, or of another history."""
        jetstream = self.connection.jetstream
        last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
        bodies = [
            (await jetstream.get_msg(EVENTS_STREAM, one)).data or b"" for one in range(1, last + 1)
        ]
        wanted = correlation_id or self.opening.correlation_id
        return [one for one in map(parse_event, bodies) if one.correlation_id == wanted]

    async def reaches(self, *topics: str) -> None:
        async def is_there() -> bool:
            return bool(set(topics) & set(await self.topics()))

        await wait_until(is_there, f"{topics}")


@pytest.mark.parametrize("stage", range(len(STAGES)), ids=STAGES)
async def test_the_next_to_decide_cancels_an_intent(
    settings: Settings, connection: NatsConnection, stage: int
) -> None:
    """Given a request that only its row tells of, then it is honoured by the role that is next."""
    bus = Bus(connection, settings, submitted(at=datetime.now(UTC)))
    async with running(settings, *BESIDE, *POOLS[:stage]):
        await bus.publish(bus.opening)
        await bus.reaches(STAGES[stage])
    await bus.cancel(is_heard=False)
    async with running(settings, *BESIDE, *POOLS[stage:]):
        await bus.reaches(*terminal_topics())
    history = await bus.history()
    before = [
        "intent.submitted",
        "risk.screened",
        "risk.approved",
        "intent.accepted",
        "plan.created",
    ]
    cut = before.index(STAGES[stage]) + 1
    assert [one.topic for one in history] == [*before[:cut], "intent.cancelled"]
    assert history[-1].payload.requested_by == "key-1"
    assert history[-1].producer == POOLS[stage]


async def test_what_fills_on_paper_stops_at_the_request(
    settings: Settings, connection: NatsConnection
) -> None:
    """Given an order that fills bit by bit, then the end tells of the fills in the history."""
    slow = settings.model_copy(update={"simulated_latency_ms": LATENCY_MS})
    strategy = DemoStrategy.PARTIAL_FILLS.value
    bus = Bus(connection, settings, submitted(at=datetime.now(UTC), strategy_id=strategy))
    async with running(slow, *BESIDE, *POOLS):
        await bus.publish(bus.opening)
        await bus.reaches("exec.step_filled")
        request, _ = await asyncio.gather(*(bus.cancel(asks=f"key-{one}") for one in range(2)))
        await bus.reaches(*terminal_topics())

        async def is_noted() -> bool:
            noted = ["intent.cancel_requested", "intent.cancel_noted"]
            return await bus.topics(request.correlation_id) == noted

        await wait_until(is_noted, "the request is noted")
    *_, last_fill, end = await bus.history()
    assert end.topic == "intent.cancelled"
    assert end.payload.requested_by in ("key-0", "key-1")
    assert end.payload.amount_out == last_fill.payload.cumulative_amount_out
    assert end.payload.proof == "cancelled"
