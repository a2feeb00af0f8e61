"""Nothing is signed that the ledger has not recorded."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from tests.integration.wallet.conftest import (
    FIRST_NONCE,
    PASSAGE,
    ROUTER,
    TOKEN,
    record,
    sign,
    swap_only,
    transaction,
)
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.cancellation import Cancellation, cancel_request
from tradewind.ledger.upkeep.cancel_requests import CancelRequests
from tradewind.postgres import Pool, open_pool
from tradewind.trading.wallet.errors import AnotherPlanRecorded, PlanNotRecorded, TransactionLost
from tradewind.trading.wallet.plan_event import PlanEvent
from tradewind.trading.wallet.records import StepDecision, StepKey, StepOutcome
from tradewind.trading.wallet.transaction_journal import TransactionJournal

ONE = History(1)
STEP = StepKey(ONE.plan_id, 0)
PLANNED = ONE.events(*ONE.until_planned())
PLAN = PlanEvent.of(PLANNED[-1])
OTHER_PLAN = PLAN._replace(body_sha256=b"x" * 32)
"""A second plan at the same place: the id is the same, the bytes are others."""

REQUEST = cancel_request(PLANNED[0], "key-1", datetime(2026, 11, 21, tzinfo=UTC))
BY = Cancellation(REQUEST.event_id, "key-1", REQUEST.timestamp)


WAITS = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'trading_gate'::regclass AND NOT granted)"
)


@asynccontextmanager
async def owned(dsn: str) -> AsyncIterator[Pool]:
    owner = await open_pool(dsn, max_size=1)
    yield owner
    await owner.close()


async def cancel(dsn: str) -> None:
    """Keep the request to cancel the intent, as the gateway does."""
    async with owned(dsn) as owner:
        await CancelRequests(owner).accept(REQUEST)


async def claim_step(journal: TransactionJournal, event: PlanEvent = PLAN) -> StepDecision:
    return await journal.claim(STEP, event, PASSAGE, TOKEN, ROUTER, swap_only, sign, 256)


@pytest.mark.parametrize("recorded_so_far", [0, 1, 3])
async def test_nothing_is_signed_before_its_plan_is_recorded(
    journal: TransactionJournal, database_dsn: str, recorded_so_far: int
) -> None:
    """Given a plan the ledger has not recorded, then the step waits undecided until it has."""
    await record(database_dsn, PLANNED[:recorded_so_far])
    with pytest.raises(PlanNotRecorded):
        await claim_step(journal)
    assert await journal.decision(STEP) is None
    assert (await journal.wallet()).next_nonce == FIRST_NONCE
    await record(database_dsn, PLANNED[recorded_so_far:])
    assert (await claim_step(journal)).nonce == FIRST_NONCE


@pytest.mark.parametrize(
    ("history", "told"),
    [
        (ONE.events(ONE.rejected()), "the history ended with risk.rejected at sequence 2"),
        (ONE.events(ONE.approved(), ONE.expiry()), "ended with intent.expired at sequence 3"),
        (
            [*PLANNED, ONE.events(*ONE.until_planned(), ONE.cancellation())[-1]],
            "the history ended with intent.cancelled at sequence 6",
        ),
        (
            ONE.events(ONE.approved(), ONE.accepted(), ONE.plan_created(), ONE.started()),
            "the ledger recorded another event at sequence 5",
        ),
    ],
)
async def test_a_plan_that_is_not_in_its_history_is_never_signed(
    journal: TransactionJournal, database_dsn: str, history: list[AnyEvent], told: str
) -> None:
    """Given another decision in the ledger, or an end, then the refusal is kept for ever."""
    await record(database_dsn, history)
    refused = await claim_step(journal)
    assert (refused.outcome, refused.reason) == (StepOutcome.REFUSED, "PLAN_SUPERSEDED")
    assert told in refused.detail
    assert await claim_step(journal) == refused
    assert (await journal.wallet()).next_nonce == FIRST_NONCE


async def test_only_the_recorded_one_of_two_plans_is_signed(
    journal: TransactionJournal, database_dsn: str
) -> None:
    """Given two plans of one id, then the other one is refused, and takes nothing from the first.

    Both have the same step, so a decision kept for the other one would be the first one's, too.
    """
    await record(database_dsn, PLANNED)
    with pytest.raises(AnotherPlanRecorded):
        await claim_step(journal, OTHER_PLAN)
    assert (await claim_step(journal)).nonce == FIRST_NONCE
    with pytest.raises(AnotherPlanRecorded):
        await claim_step(journal, OTHER_PLAN)
    with pytest.raises(AnotherPlanRecorded):
        await journal.check_plan(OTHER_PLAN)
    await journal.check_plan(PLAN)


async def test_nobody_signs_where_the_ledger_saw_the_step_begin(
    journal: TransactionJournal, database_dsn: str
) -> None:
    """Given a journal that lost a decision, then not even a started step is decided again."""
    await record(database_dsn, ONE.events(*ONE.until_planned(), ONE.started()))
    with pytest.raises(TransactionLost, match=r"exec\.started"):
        await claim_step(journal)
    assert await journal.decision(STEP) is None


async def test_a_step_is_not_signed_once_its_intent_is_to_be_cancelled(
    journal: TransactionJournal, database_dsn: str
) -> None:
    """Given a request nobody told the venue of, then the transaction that would sign sees it."""
    await record(database_dsn, PLANNED)
    await cancel(database_dsn)
    decided = await claim_step(journal)
    assert decided.outcome is StepOutcome.CANCELLED
    assert (decided.reason, decided.detail) == (REQUEST.event_id, "key-1")
    assert await claim_step(journal) == decided
    assert (await journal.wallet()).next_nonce == FIRST_NONCE
    assert await journal.request_intent_cancel(PLAN.correlation_id, BY) == []


@asynccontextmanager
async def locked_gate(dsn: str, statement: str) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Hold the gate in a mode until the block ends; yield whether somebody waits for it."""
    async with (
        owned(dsn) as holder,
        owned(dsn) as observer,
        holder.acquire() as connection,
        connection.transaction(),
    ):
        await connection.execute(f"LOCK TABLE trading_gate IN {statement} MODE")
        yield lambda: observer.fetchval(WAITS)


async def test_a_request_is_kept_after_the_signatures_under_way(
    journal: TransactionJournal, database_dsn: str
) -> None:
    """Given a signature that looked for requests already, then the next one is told after it."""
    async with locked_gate(database_dsn, "ROW EXCLUSIVE") as somebody_waits:
        asked = asyncio.create_task(cancel(database_dsn))
        await wait_until(somebody_waits, "the request waits for the signature")
        assert not asked.done()
    await asked


async def test_a_signature_that_waited_for_a_request_sees_it(
    journal: TransactionJournal, database_dsn: str
) -> None:
    """Given a request that is being kept when a step is to be signed, then it is not signed."""
    await record(database_dsn, PLANNED)
    async with locked_gate(database_dsn, "SHARE ROW EXCLUSIVE") as somebody_waits:
        signing = asyncio.create_task(claim_step(journal))
        await wait_until(somebody_waits, "the signature waits for the request")
        async with owned(database_dsn) as owner:
            await owner.execute(
                "INSERT INTO cancellations VALUES ($1, $2, $3, $4)",
                *(PLAN.correlation_id, REQUEST.event_id, "key-1", REQUEST.timestamp),
            )
    decided = await signing
    assert decided.outcome is StepOutcome.CANCELLED


async def test_what_is_signed_is_cancelled_for_the_first_request_as_often_as_it_is_told(
    journal: TransactionJournal, database_dsn: str
) -> None:
    await record(database_dsn, PLANNED)
    await claim_step(journal)
    other = History(2)
    assert await journal.request_intent_cancel(f"intent-{other.intent_id}", BY) == []
    for _ in range(2):
        assert await journal.request_intent_cancel(PLAN.correlation_id, BY) == [FIRST_NONCE]
    swap = await transaction(journal)
    assert (swap.cancellation_id, swap.cancel_requested_by) == (REQUEST.event_id, "key-1")
    assert swap.cancel_requested_at is not None


@pytest.mark.parametrize("claims_first", [True, False])
async def test_a_request_beside_a_signature_is_seen_by_one_of_them(
    journal: TransactionJournal, database_dsn: str, pool: Pool, claims_first: bool
) -> None:
    """Given both at once, then the step is cancelled unsigned, or its transaction is found."""
    await record(database_dsn, PLANNED)

    async def request() -> list[int]:
        await cancel(database_dsn)
        return await journal.request_intent_cancel(PLAN.correlation_id, BY)

    for_the_wallet = "SELECT FROM wallets FOR UPDATE"
    async with pool.acquire() as holder, holder.transaction():
        await holder.fetch(for_the_wallet)
        both = [claim_step(journal), request()]
        first = asyncio.create_task(both[0 if claims_first else 1])
        await asyncio.sleep(0.1)
        second = asyncio.create_task(both[1 if claims_first else 0])
        await asyncio.sleep(0.1)
    claimed, nonces = await asyncio.gather(*((first, second) if claims_first else (second, first)))
    assert isinstance(claimed, StepDecision)
    assert nonces == ([FIRST_NONCE] if claimed.outcome is StepOutcome.SIGNED else [])
