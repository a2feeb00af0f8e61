"""The simulated venue's contract on the table it uses in production."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from actors.venues.contract import OutcomeUnknown, StepRefused, SwapOrder, SwapTransaction
from actors.venues.simulated.venue import transaction_hash
from actors.venues.transaction_store import DatabaseTransactionStore, PlanSuperseded
from tests.integration.wallet.conftest import record
from tests.support.histories import History
from tests.support.recorded_plans import record_plans
from tests.support.venue_contract import VenueContract
from tests.support.venue_harness import SimulatedHarness
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.errors import NotYet
from tradewind.postgres import Pool, open_pool
from tradewind.trading.wallet.errors import AnotherPlanRecorded, PlanNotRecorded
from tradewind.trading.wallet.plan_event import LedgerHead, PlanEvent
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE

ONE = History(1)
PLANNED = ONE.events(*ONE.until_planned())


@pytest.fixture
async def owner(database_dsn: str) -> AsyncIterator[Pool]:
    """Return a connection that may write every table."""
    pool = await open_pool(database_dsn, max_size=1)
    yield pool
    pool.terminate()


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_dsn, max_size=8, role=ORCHESTRATOR_ROLE)
    yield pool
    pool.terminate()


@pytest.fixture
def store(pool: Pool) -> DatabaseTransactionStore:
    return DatabaseTransactionStore(pool)


class RecordedHarness(SimulatedHarness):
    """A venue whose orders the coordinator would have recorded by now, and there is none here."""

    def __init__(self, store: DatabaseTransactionStore, owner: Pool) -> None:
        super().__init__(store)
        build = self.venue.build_swap_tx

        async def build_once_recorded(order: SwapOrder) -> SwapTransaction:
            await record_plans(owner, order.plan_event)
            return await build(order)

        self.venue.build_swap_tx = build_once_recorded  # type: ignore[method-assign]


class TestContract(VenueContract):
    @pytest.fixture
    def harness(self, store: DatabaseTransactionStore, owner: Pool) -> RecordedHarness:
        return RecordedHarness(store, owner)


@pytest.mark.parametrize("recorded_so_far", [0, 4])
async def test_nothing_is_executed_before_its_plan_is_recorded(
    store: DatabaseTransactionStore, database_dsn: str, recorded_so_far: int
) -> None:
    """Given a plan only the broker has, then the order waits: both could be lost together."""
    harness, order = ordered(store)
    await record(database_dsn, PLANNED[:recorded_so_far])
    with pytest.raises(NotYet):
        await harness.venue.submit_tx(await harness.venue.build_swap_tx(order))
    assert await store.get(transaction_hash(order)) is None
    await record(database_dsn, PLANNED)
    await harness.venue.submit_tx(await harness.venue.build_swap_tx(order))
    assert await store.get(transaction_hash(order)) is not None


async def test_a_plan_whose_intent_has_ended_is_never_executed(
    store: DatabaseTransactionStore, database_dsn: str
) -> None:
    """Given a request to cancel that the planner heard first, then no later attempt swaps."""
    harness, order = ordered(store)
    await record(database_dsn, ONE.events(ONE.approved(), ONE.accepted(), ONE.cancellation()))
    for venue in (harness.venue, harness.another):
        with pytest.raises(StepRefused) as refused:
            await venue.submit_tx(await venue.build_swap_tx(order))
        assert refused.value.reason is ExecutionFailureReason.PLAN_SUPERSEDED
        assert "the history ended with intent.cancelled" in refused.value.detail


async def test_a_plan_whose_intent_ends_while_it_is_stored_is_never_executed(
    store: DatabaseTransactionStore, database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a history that ended since it was looked at, then what stores the order notices."""
    _, order = ordered(store)
    await record(database_dsn, ONE.events(ONE.approved(), ONE.accepted(), ONE.cancellation()))

    async def earlier(_: PlanEvent) -> LedgerHead:
        return LedgerHead(True, order.plan_event.sequence, "plan.created", True)

    monkeypatch.setattr(store._heads, "call", earlier)
    with pytest.raises(PlanSuperseded):
        await store.execute("0x" + "06" * 32, b"late", order.plan_event, order.passage())
    assert await store.get("0x" + "06" * 32) is None


async def test_a_request_to_cancel_keeps_an_order_from_being_stored_and_is_told_with_it(
    store: DatabaseTransactionStore, owner: Pool, database_dsn: str
) -> None:
    """Given orders of which one is to be cancelled, then each is told with what is asked of it."""
    _, order = ordered(store)
    plan, (kept, late) = order.plan_event, ("0x" + "07" * 32, "0x" + "08" * 32)
    await record(database_dsn, PLANNED)
    assert await store.execute(kept, b"kept", plan, order.passage())
    assert await store.follow(kept, plan.correlation_id) == (b"kept", None)
    await owner.execute(
        "INSERT INTO cancellations VALUES ($1, 'request', 'key-1', now())", plan.correlation_id
    )
    assert not await store.execute(late, b"late", plan, order.passage())
    asked = [(kept, plan.correlation_id), (late, plan.correlation_id), (kept, "intent-none")]
    told = await asyncio.gather(*(store.follow(*one) for one in asked))
    requests = [one.cancellation and one.cancellation.cancellation_id for one in told]
    assert [one.value for one in told] == [b"kept", None, b"kept"]
    assert requests == ["request", "request", None]


async def test_plans_that_wait_at_the_same_time_are_told_apart(
    store: DatabaseTransactionStore, database_dsn: str
) -> None:
    """Given plans asked for in one statement, then each has its own answer: stored, or waiting."""
    harness, order = ordered(store)
    await record(database_dsn, PLANNED)
    unknown = replace(harness.order(2), plan_event=PlanEvent("intent-none", 5, "none", b"x" * 32))
    other = replace(
        harness.order(3), plan_event=order.plan_event._replace(event_id="x", body_sha256=b"")
    )
    asked = [unknown, order, other, unknown, order]
    answers = await asyncio.gather(
        *(store.execute("0x" + "05" * 32, b"once", one.plan_event, one.passage()) for one in asked),
        return_exceptions=True,
    )
    assert [type(one) for one in answers] == [
        PlanNotRecorded,
        bool,
        PlanSuperseded,
        PlanNotRecorded,
        bool,
    ]
    assert {answers[1], answers[4]} == {False, True}


async def test_another_plan_of_the_same_id_is_not_executed(
    store: DatabaseTransactionStore, database_dsn: str
) -> None:
    harness, order = ordered(store)
    await record(database_dsn, PLANNED)
    other = replace(order, plan_event=order.plan_event._replace(body_sha256=b"x" * 32))
    with pytest.raises(AnotherPlanRecorded):
        await harness.venue.submit_tx(await harness.venue.build_swap_tx(other))
    assert await store.get(transaction_hash(order)) is None


def ordered(store: DatabaseTransactionStore) -> tuple[SimulatedHarness, SwapOrder]:
    """Return a venue and an order of the plan in PLANNED."""
    harness = SimulatedHarness(store)
    return harness, replace(harness.order(1), plan_event=PlanEvent.of(PLANNED[-1]))


async def test_one_of_many_writers_wins(store: DatabaseTransactionStore) -> None:
    key = "0x" + "01" * 32
    values = [str(number).encode() for number in range(20)]
    created = await asyncio.gather(*(store.create(key, value) for value in values))
    assert created.count(True) == 1
    assert await store.get(key) == values[created.index(True)]


async def test_a_missing_value_is_none(store: DatabaseTransactionStore) -> None:
    assert await store.get("0x" + "02" * 32) is None


async def test_what_was_executed_is_never_another_thing(pool: Pool) -> None:
    key = "0x" + "03" * 32
    assert await DatabaseTransactionStore(pool).create(key, b"once")
    for change in ("UPDATE paper_transactions SET record = ''", "DELETE FROM paper_transactions"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(change)


async def test_a_store_that_cannot_answer_leaves_the_outcome_unknown(
    pool: Pool, store: DatabaseTransactionStore
) -> None:
    """No answer, no proof: neither that the order was executed nor that it was not."""
    harness = SimulatedHarness(store)
    order = harness.order(1)
    transaction = await harness.venue.build_swap_tx(order)
    await pool.close()
    with pytest.raises(OutcomeUnknown):
        await harness.venue.submit_tx(transaction)
    with pytest.raises(OutcomeUnknown):
        await harness.venue.wait_receipt(transaction_hash(order))
