"""Screens intents, decides them against a limit, carries them out, and looks into the book."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final

from nats.aio.msg import Msg

from actors.portfolio.actors import judge_intent
from actors.portfolio.ports import PORTFOLIO_ROLE, PortfolioPorts
from actors.portfolio.settlement import SettlementLoop
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.factories import screened, submitted
from tests.support.waiting import PATIENCE_SECONDS
from tradewind.contracts.envelope import AnyEvent, Event, first_event, next_events, parse_event
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
    StepSubmitted,
)
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.ids import CorrelationKind, derive_plan_id, make_correlation_id
from tradewind.contracts.intents.payloads import IntentAccepted, IntentCancelled, IntentExpired
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep, RouteQuote
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.risk.policy import GeneralLimits, PolicyDocument, content_of_policy
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.risk_limits import RiskLimitsApplied
from tradewind.contracts.venues import SIMULATED
from tradewind.errors import NotYet, UnknownOutcome
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import Publisher, clock
from tradewind.runtime.decisions import Decision
from tradewind.trading.book.claims import Claims
from tradewind.trading.book.fence import Fence, Fenced
from tradewind.trading.book.seams import Market
from tradewind.trading.book.sessions import LOCK_TIMEOUT_SECONDS
from tradewind.trading.policy.store import keep_application, keep_policy
from tradewind.trading.venue_settings import ON_PAPER, VenueChoice

NO_MARKET: Final = Market(lambda _: None)
NOTIONAL_USD: Final = 3_000
"""What each of the intents below is worth."""
TX_HASH: Final = "0x" + "ab" * 32
MAX_AMOUNT_IN: Final = 3_150 * 10**6
AGAIN_SECONDS: Final = 0.1
PAID: Final = 3_000 * 10**6


def screened_now(number: int, **changes: Any) -> Event[RiskScreened]:
    """Return risk.screened of the `number`th intent, which was submitted just now."""
    at = clock.now()
    event = screened(number, at=at, **changes)
    payload = event.payload.model_copy(update={"max_amount_in": MAX_AMOUNT_IN})
    return event.model_copy(update={"payload": payload})


def history_of(event: Event[RiskScreened]) -> list[AnyEvent]:
    """Return the history up to risk.screened."""
    payload = event.payload
    opening = submitted(at=event.timestamp).payload.model_copy(
        update={
            "intent_id": payload.intent_id,
            "intent": payload.intent,
            "expires_at": payload.expires_at,
        }
    )
    first = first_event(
        opening,
        correlation_id=event.correlation_id,
        key=event.key,
        producer="gateway",
        at=event.timestamp,
    )
    return [first, event]


async def apply_limits(pool: Pool, **limits: Any) -> None:
    """Put a policy into force that has these limits for every portfolio."""
    document = PolicyDocument(defaults=GeneralLimits(**limits))
    async with pool.acquire() as connection, connection.transaction():
        version = await connection.fetchval("SELECT count(*) + 1 FROM risk_policy_applications")
        reference = PolicyReference(version=version, content=content_of_policy(document))
        payload = RiskLimitsApplied(policy=reference, applied_by="test")
        event = first_event(
            payload,
            correlation_id=make_correlation_id(CorrelationKind.SYSTEM, f"limits-{version}"),
            key=EventKey(),
            producer="test",
            at=clock.now(),
        )
        await keep_policy(connection, document)
        await keep_application(connection, event)


class Desk:
    """A process of the portfolio stage, without a process: its book and its loop."""

    def __init__(self, pool: Pool, claims: Claims, loop: SettlementLoop, fence: Fence) -> None:
        self.pool = pool
        self.claims = claims
        self.loop = loop
        self.fence = fence
        self.ports = PortfolioPorts(clock.now, book=claims)

    async def judge_once(self, event: Event[RiskScreened]) -> Decision:
        """Decide about an intent, as the actor does."""
        decision: Decision = await judge_intent(event, self.ports)
        return decision

    async def judge(self, event: Event[RiskScreened]) -> Decision:
        """Do so again while the book is busy, as a worker does, whose loop proves it again."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    return await self.judge_once(event)
                except Fenced:
                    await self.loop.work()
                except (NotYet, UnknownOutcome):
                    await asyncio.sleep(AGAIN_SECONDS)

    async def settled(self) -> None:
        """Settle until the book follows everything that the ledger has."""

        async def is_settled() -> bool:
            await self.loop.work()
            row = await self.pool.fetchrow(
                "SELECT global_seq, last_global_seq FROM book_cursor, writer"
            )
            return bool(row[0] == row[1])

        await wait_despite_outages(is_settled)

    async def proven(self) -> None:
        """Pass until the database is proven to have every approval."""
        await wait_despite_outages(self.passes_and_is_proven)

    async def passes_and_is_proven(self) -> bool:
        """Do a pass; return whether this desk decides."""
        await self.loop.work()
        return self.fence.is_proven


@asynccontextmanager
async def opened_desk(
    harness: LedgerHarness,
    market: Market = NO_MARKET,
    venues: VenueChoice = ON_PAPER,
    publish_with: type[Publisher] = Publisher,
) -> AsyncIterator[Desk]:
    """Open a desk of its own connections, as the role's login has them."""
    dsn = harness.settings.postgres_dsn.get_secret_value()
    pool = await open_pool(
        dsn,
        max_size=6,
        role=PORTFOLIO_ROLE,
        writes=True,
        lock_timeout_seconds=LOCK_TIMEOUT_SECONDS,
    )
    publisher, fence = publish_with(harness.connection), Fence()
    loop = SettlementLoop(pool, harness.connection, publisher, fence, market)
    try:
        yield Desk(pool, Claims(pool, fence, market, to_recorded, venues), loop, fence)
    finally:
        await publisher.close()
        pool.terminate()


async def statuses(pool: Pool) -> dict[str, str]:
    """Return what became of each intent that was decided."""
    return dict(await pool.fetch("SELECT intent_id, status FROM allocations"))


async def counters_are_sums(pool: Pool) -> bool:
    """Return whether each portfolio's budget is the sum of its allocations of that day."""
    return not await pool.fetch(
        "SELECT p.portfolio_id FROM portfolios AS p WHERE p.day_notional_usd <> coalesce("
        "(SELECT sum(budget_usd) FROM allocations AS a "
        "WHERE a.portfolio_id = p.portfolio_id AND a.day = p.day), 0)"
    )


class Execution:
    """What planner and orchestrator would publish about an approved intent, by hand."""

    def __init__(self, accepted: AnyEvent) -> None:
        self.last = accepted
        self.intent_id = accepted.payload.intent_id
        self.plan_id = derive_plan_id(accepted.correlation_id, accepted.sequence + 1)
        intent = accepted.payload.intent
        self.step = ExecutionStep(
            venue=SIMULATED,
            base=intent.base,
            quote=intent.quote,
            token_in=intent.quote.address,
            token_out=intent.base.address,
            amount_in=PAID,
            min_out=10**17,
            route=RouteQuote(
                pool=intent.base.address,
                fee_pips=3_000,
                amount_in=PAID,
                amount_out=10**18,
                ticks_crossed=0,
                gas_estimate=95_000,
                block_number=1,
                sqrt_price_x96_after=1,
            ),
        )

    def after(self, *payloads: Payload) -> list[AnyEvent]:
        """Return these as the next events of the history."""
        events = next_events(self.last, payloads, producer="test", at=clock.now())
        self.last = events[-1]
        return events

    def until_submitted(self) -> list[AnyEvent]:
        """Return the events up to the transaction, after which money is in flight."""
        plan = ExecutionPlan(
            id=self.plan_id,
            intent_id=self.intent_id,
            steps=(self.step,),
            estimated_cost=Decimal(1),
            estimated_duration_ms=500,
            risk_score=Decimal(0),
        )
        now = clock.now()
        return self.after(
            PlanCreated(
                intent_id=self.intent_id,
                plan_id=self.plan_id,
                strategy_id="demo",
                steps=plan.steps,
                plan=plan,
                expires_at=now,
            ),
            ExecutionStarted(
                intent_id=self.intent_id, plan_id=self.plan_id, venue=SIMULATED, steps_total=1
            ),
            StepSubmitted(
                intent_id=self.intent_id,
                plan_id=self.plan_id,
                step_index=0,
                tx_hash=TX_HASH,
                venue=SIMULATED,
                step=self.step,
                confirm_by=now,
            ),
        )

    def fill(self, index: int = 0, parts: int = 1) -> list[AnyEvent]:
        """Return one of several fills of the step."""
        return self.after(
            StepFilled(
                intent_id=self.intent_id,
                plan_id=self.plan_id,
                step_index=0,
                tx_hash=TX_HASH,
                fill_index=index,
                amount_in=PAID // parts,
                amount_out=10**18 // parts,
                cumulative_amount_in=PAID // parts * (index + 1),
                cumulative_amount_out=10**18 // parts * (index + 1),
                final=index == parts - 1,
                block_number=2,
                step=self.step,
            )
        )

    def completion(self) -> list[AnyEvent]:
        """Return the end of an intent that is filled."""
        return self.after(
            ExecutionCompleted(
                intent_id=self.intent_id,
                plan_id=self.plan_id,
                amount_in=PAID,
                amount_out=10**18,
                tx_hash=TX_HASH,
            )
        )

    def failure(self) -> list[AnyEvent]:
        """Return the end of an intent whose transaction had no effect."""
        return self.after(
            ExecutionFailed(
                intent_id=self.intent_id,
                plan_id=self.plan_id,
                reason=ExecutionFailureReason.REVERTED,
                detail="reverted",
                proof="reverted",
                attempts=1,
            )
        )

    def withdrawal(self) -> list[AnyEvent]:
        """Return the end of an intent whose venue cancelled what it had not filled."""
        return self.after(
            ExecutionFailed(
                intent_id=self.intent_id,
                plan_id=self.plan_id,
                reason=ExecutionFailureReason.CANCELLED,
                detail="the venue cancelled what it had not filled",
                proof="cancelled",
                attempts=1,
            )
        )

    def cancellation(self) -> list[AnyEvent]:
        """Return the end of an intent whose rest was cancelled in flight."""
        return self.after(
            IntentCancelled(intent_id=self.intent_id, requested_by="test", proof="cancelled")
        )

    def expiry(self) -> list[AnyEvent]:
        """Return the end of an intent whose window closed."""
        return self.after(IntentExpired(intent_id=self.intent_id, expires_at=clock.now()))


def accepted_in(decision: Decision) -> Event[IntentAccepted]:
    """Return the acceptance in a decision."""
    return parse_event(decision[1].data)


class World:
    """Hears what the stage publishes, as planner and clients do, and counts."""

    def __init__(self) -> None:
        self.decisions: dict[str, set[bytes]] = defaultdict(set)
        """By intent, the first events of its decision: there may be one."""
        self.accepted: dict[str, Event[IntentAccepted]] = {}

    async def hear(self, message: Msg) -> None:
        """Note an event of the stage."""
        event: AnyEvent = parse_event(message.data)
        if event.topic == IntentAccepted.topic:
            self.accepted[event.payload.intent_id] = event
        else:
            self.decisions[event.payload.intent_id].add(message.data)

    @property
    def approved(self) -> set[str]:
        """The intents that were ever approved."""
        return {
            name
            for name, said in self.decisions.items()
            if any(b'"risk.approved"' in body for body in said)
        }

    @property
    def two_decisions(self) -> list[str]:
        """The intents about which the stage has said two things."""
        return [name for name, said in self.decisions.items() if len(said) > 1]


@asynccontextmanager
async def watched_world(harness: LedgerHarness) -> AsyncIterator[World]:
    """Listen to the stage while the block runs."""
    world, client = World(), harness.connection.client
    subjects = ("risk.approved.>", "risk.rejected.>", "intent.accepted.>")
    heard = [await client.subscribe(subject, cb=world.hear) for subject in subjects]
    yield world
    for subscription in heard:
        await subscription.unsubscribe()
