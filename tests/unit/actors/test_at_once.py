"""Plans that are submitted at once: what is asked, and how often, where they are not executed."""

from dataclasses import replace

import pytest

from actors.observation_publisher import NotKeptYet
from actors.orchestrator.actors import MAX_SUBMIT_BACKOFF_MS, MIN_SUBMIT_BACKOFF_MS, submit_plan
from actors.venues.contract import OutcomeUnknown
from actors.venues.recording import UNTOLD_PAUSES_MS
from actors.venues.simulated import SimulatedVenue
from actors.venues.simulated.venue import WAIT_RETRY_MS
from actors.venues.transaction_store import MemoryTransactionStore, StoreUnavailable
from tests.support.factories import NOW, market_view
from tests.support.limits import SIMULATION
from tests.unit.actors.cancelling import Desk, is_cancelled
from tradewind.errors import NotYet
from tradewind.runtime import StubBroker
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.halts.gate import Passage
from tradewind.trading.pricing.pools.observation import Observation
from tradewind.trading.wallet.errors import AnotherPlanRecorded, PlanNotRecorded
from tradewind.trading.wallet.plan_event import PlanEvent

UNTOLD = len(UNTOLD_PAUSES_MS)
OUTAGES = 20


class Refusing(MemoryTransactionStore):
    """Executes nothing, for one reason, as long as it is told to."""

    def __init__(self, error: Exception, refusals: int = 10_000) -> None:
        super().__init__()
        self.error = error
        self.refusals = refusals
        self.executions = 0

    async def execute(
        self, key: str, value: bytes, plan: PlanEvent, passage: Passage, is_told: bool = False
    ) -> bool:
        self.executions += 1
        if self.executions <= self.refusals:
            raise self.error
        return await super().execute(key, value, plan, passage, is_told)


@pytest.mark.parametrize(
    ("error", "executions"),
    [(PlanNotRecorded("soon"), UNTOLD), (TradingStopped("halted"), 1)],
)
async def test_what_may_be_executed_later_is_tried_once_a_delivery(
    error: Exception, executions: int
) -> None:
    """Given a plan that waits, then its patience is spent once; a request ends it after that."""
    desk = Desk()
    store = desk.trade_in(Refusing(error))
    plan = await desk.plan()
    with pytest.raises(NotYet) as later:
        await submit_plan(plan, desk.orchestrator)
    assert (store.executions, later.value.delay_ms) == (executions, WAIT_RETRY_MS)
    desk.cancel()
    for turn in (2, 3):
        (ended,) = await submit_plan(plan, desk.orchestrator)
        is_cancelled(ended)
        assert store.executions == turn * executions


@pytest.mark.parametrize("error", [PlanNotRecorded("lost"), TradingStopped("halted")])
async def test_what_was_executed_before_is_told_whatever_keeps_it_now(error: Exception) -> None:
    desk = Desk()
    plan = await desk.plan()
    first = await submit_plan(plan, desk.orchestrator)
    store = Refusing(error)
    store._values = desk.store._values
    desk.trade_in(store)
    assert await submit_plan(plan, desk.orchestrator) == first


async def test_what_was_executed_before_is_tried_once_a_delivery() -> None:
    desk = Desk()
    store = desk.trade_in(Refusing(ValueError(), refusals=0))
    plan = await desk.plan()
    for turn in (1, 2, 3):
        await submit_plan(plan, desk.orchestrator)
        assert store.executions == turn


@pytest.mark.parametrize("error", [ValueError("a defect"), NotKeptYet("no answer")])
async def test_a_request_goes_before_whatever_is_broken(error: Exception) -> None:
    """Given an order that cannot be simulated, then a request ends it, which needs no market."""

    async def keep(_: Observation) -> None:
        raise error

    desk = Desk()
    desk.venue = SimulatedVenue(market_view(), desk.store, SIMULATION, lambda: NOW, keep=keep)
    plan = await desk.plan()
    with pytest.raises(type(error)):
        await submit_plan(plan, desk.orchestrator)
    desk.cancel()
    (ended,) = await submit_plan(plan, desk.orchestrator)
    is_cancelled(ended)


@pytest.mark.parametrize("error", [OutcomeUnknown("lost"), AnotherPlanRecorded()])
async def test_nobody_is_asked_for_a_request_that_would_change_nothing(error: Exception) -> None:
    desk, asked = Desk(), []

    async def find(correlation_id: str) -> None:
        asked.append(correlation_id)

    desk.trade_in(Refusing(error))
    ports = replace(desk.orchestrator, find_cancellation=find)
    plan = await desk.plan()
    if isinstance(error, OutcomeUnknown):
        with pytest.raises(OutcomeUnknown):
            await submit_plan(plan, ports)
    else:
        assert await submit_plan(plan, ports) == []
    assert asked == []


async def test_a_store_that_is_away_is_asked_ever_more_rarely_and_never_given_up() -> None:
    desk = Desk()
    desk.trade_in(Refusing(StoreUnavailable("away"), refusals=OUTAGES))
    stub = StubBroker(submit_plan, ports=desk.orchestrator)
    await stub.publish(await desk.plan())
    await stub.drain()
    assert [one.topic for one in stub.published] == ["exec.started", "exec.step_submitted"]
    assert stub.dead_letters == []
    assert len(stub.redeliveries) == OUTAGES
    assert MIN_SUBMIT_BACKOFF_MS <= stub.redeliveries[0] <= 2 * MIN_SUBMIT_BACKOFF_MS
    assert min(stub.redeliveries[-5:]) >= MAX_SUBMIT_BACKOFF_MS / 2
    assert max(stub.redeliveries) <= MAX_SUBMIT_BACKOFF_MS
