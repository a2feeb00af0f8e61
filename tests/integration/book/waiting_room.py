"""Has intents wait for a person, answers for one, and ends the waits as the role's loop does."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from actors.portfolio.approvals import ApprovalLoop
from tests.integration.book.harness import Desk, history_of, opened_desk, screened_now
from tests.integration.ledger.harness import LedgerHarness
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, Event, parse_event
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.cancellation import cancel_request
from tradewind.contracts.risk.approvals import ApprovalVerdict
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.errors import NotYet, UnknownOutcome
from tradewind.ledger.upkeep.cancel_requests import CancelRequests
from tradewind.runtime import Publisher, clock
from tradewind.runtime.decisions import Decision
from tradewind.trading.approvals.journal import Answered, ApprovalJournal
from tradewind.trading.approvals.records import Answering
from tradewind.trading.approvals.store import Waits
from tradewind.trading.book.seams import Market
from tradewind.trading.book.waits import WaitEnds

THRESHOLD = Decimal(1_000)
PRICE_USD = Decimal(3_000)
LATER = timedelta(hours=1)


@dataclass
class Prices:
    """What tokens are worth at the moment; a test changes it."""

    base_usd: Decimal | None = PRICE_USD

    def __call__(self, token: Asset) -> Decimal | None:
        return self.base_usd


@dataclass
class WaitingRoom:
    """A desk whose intents wait, and its loop."""

    harness: LedgerHarness
    desk: Desk
    ends: WaitEnds
    loop: ApprovalLoop
    prices: Prices
    late: bool = False
    """Whether the time windows of all intents are over."""

    def now(self) -> datetime:
        return clock.now() + (LATER if self.late else timedelta(0))

    async def judge(self, event: Event[RiskScreened]) -> Decision:
        """Decide about an intent as a process does, which proves its database beside that."""
        decided: list[Decision] = []

        async def is_decided() -> bool:
            await self.desk.loop.work()
            with suppress(NotYet, UnknownOutcome):
                decided.append(await self.desk.judge_once(event))
            return bool(decided)

        await wait_until(is_decided)
        return decided[0]

    async def admit(self, number: int = 1, **changes: object) -> Event[RiskScreened]:
        """Have an intent decided, which then waits, and publish its history so far."""
        event = screened_now(number, **changes)
        decision = await self.judge(event)
        assert [one.topic for one in decision] == ["risk.approval_required"]
        await self.harness.publish(*history_of(event), *events_of(decision))
        return event

    async def say(
        self,
        event: Event[RiskScreened],
        verdict: ApprovalVerdict = ApprovalVerdict.APPROVED,
        by: str = "key-1",
        note: str | None = None,
    ) -> Answered:
        """Answer for an intent."""
        answering = Answering(event.payload.intent_id, verdict, by, note)
        return await ApprovalJournal(self.harness.pool).answer(answering, "gateway", clock.now())

    async def cancel(self, event: Event[RiskScreened]) -> None:
        """Ask for an intent to be cancelled."""
        request = cancel_request(history_of(event)[0], "trader", clock.now())
        await CancelRequests(self.harness.pool).accept(request)

    async def work(self) -> None:
        """Do passes until nothing is left to end: a pass leaves what is busy to the next one."""

        async def nothing_is_due() -> bool:
            await self.desk.loop.work()
            await self.loop.work()
            return not await Waits(self.desk.pool).due(self.now(), 1)

        await wait_until(nothing_is_due)

    async def status(self, event: Event[RiskScreened]) -> str:
        """Return what became of the intent's claim."""
        return str(
            await self.harness.pool.fetchval(
                "SELECT status FROM allocations WHERE intent_id = $1", event.payload.intent_id
            )
        )

    async def end_of(self, event: Event[RiskScreened]) -> list[AnyEvent]:
        """Return the events that ended a wait; none while it lasts."""
        lines = await self.harness.pool.fetchval(
            "SELECT decision FROM approvals WHERE intent_id = $1", event.payload.intent_id
        )
        return [] if lines is None else [parse_event(line) for line in bytes(lines).splitlines()]

    async def settled(self) -> None:
        """Settle until the book follows everything that was published."""
        await self.harness.drained()
        await self.desk.settled()


def events_of(decision: Decision) -> list[AnyEvent]:
    """Return the events of a decision."""
    return [parse_event(one.data) for one in decision]


@asynccontextmanager
async def waiting_room(
    harness: LedgerHarness, *, is_proven: bool = True
) -> AsyncIterator[WaitingRoom]:
    """Open a desk and its loop for waits, on prices that a test changes."""
    prices = Prices()
    market = Market(prices)
    async with opened_desk(harness, market) as desk:
        publisher = Publisher(harness.connection)
        ends = WaitEnds(desk.claims, desk.fence, market)
        room: list[WaitingRoom] = []
        now: Callable[[], datetime] = lambda: room[0].now()  # noqa: E731
        loop = ApprovalLoop(Waits(desk.pool), ends, publisher, now)
        room.append(WaitingRoom(harness, desk, ends, loop, prices))
        if is_proven:
            await desk.proven()
        try:
            yield room[0]
        finally:
            await publisher.close()
