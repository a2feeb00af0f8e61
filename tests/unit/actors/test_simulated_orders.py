"""An approved plan on the simulated venue: one order whatever is delivered twice, and every end."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.orchestrator.actors import follow_step, submit_plan
from actors.orchestrator.ports import OrchestratorPorts
from actors.planner.actors import plan_intent
from actors.planner.ports import PlannerPorts
from actors.venues.simulated import SimulatedVenue
from actors.venues.simulated.behaviour import SimulationSettings
from actors.venues.simulated.execution import MarketState, execute
from actors.venues.simulated.record import SimulatedTransaction
from actors.venues.simulated.swap import route_pools
from actors.venues.simulated.venue import transaction_hash
from actors.venues.transaction_store import MemoryTransactionStore
from tests.support.factories import NOW, REGISTRY, accepted, approved, market_view
from tests.support.limits import PLAN_LIMITS, SIMULATION
from tests.support.venue_harness import SimulatedHarness
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.execution.demo_strategies import DemoStrategy
from tradewind.contracts.execution.payloads import ExecutionFailed, StepFilled, StepSubmitted
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.inputs import observation_event, references_of
from tradewind.contracts.instruments.payloads import MarketObserved, PoolObserved
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.venues import SIMULATED
from tradewind.errors import NotYet
from tradewind.trading.halts.gate import Passage
from tradewind.trading.pricing.pools.observation import Observation, restore_cache
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.wallet.plan_event import PlanEvent

GAS_PRICE_WEI = 3_000_000_000
PRICED = replace(SIMULATION, gas_price_wei=GAS_PRICE_WEI)
IN_PARTS = (DemoStrategy.PARTIAL_FILLS.value, DemoStrategy.PARTIAL_THEN_CANCELLED.value)


class CountingStore(MemoryTransactionStore):
    """Counts what was executed."""

    def __init__(self) -> None:
        super().__init__()
        self.orders = 0

    async def execute(
        self, key: str, value: bytes, plan: PlanEvent, passage: Passage, is_told: bool = False
    ) -> bool:
        created = await super().execute(key, value, plan, passage, is_told)
        self.orders += created
        return created


class Desk:
    """Two orchestrators that share a venue's store, on one clock."""

    def __init__(self, strategy_id: str = "demo", number: int = 1) -> None:
        self.now = NOW
        self.store = CountingStore()
        self.kept: list[Observation] = []
        self.accepted = accepted(number, strategy_id=strategy_id)
        self.approved = approved(number, strategy_id=strategy_id)[0]
        self.processes = [self._process() for _ in range(2)]

    def _process(self) -> OrchestratorPorts:
        venue = SimulatedVenue(market_view(), self.store, PRICED, lambda: self.now, keep=self._keep)
        return OrchestratorPorts({SIMULATED: venue}, lambda: self.now)

    async def _keep(self, observation: Observation) -> None:
        self.kept.append(observation)

    async def plan(self) -> Event[PlanCreated]:
        ports = PlannerPorts(market_view(), PLAN_LIMITS, lambda: NOW)
        created: Event[PlanCreated]
        (created,) = await plan_intent(self.accepted, ports)
        return created

    async def run(self) -> list[AnyEvent]:
        """Return what follows from the plan, each event handled by both processes."""
        told = list(await submit_plan(await self.plan(), self.processes[0]))
        while not told[-1].payload.ends_history:
            told += await self._follow(told[-1])
        return told

    async def _follow(self, event: AnyEvent) -> list[AnyEvent]:
        while True:
            try:
                first = list(await follow_step(event, self.processes[0]))
            except NotYet as later:
                self.now += timedelta(milliseconds=later.delay_ms)
                continue
            self.now += timedelta(seconds=7)
            second = list(await follow_step(event, self.processes[1]))
            self.now -= timedelta(seconds=7)
            assert bodies(first) == bodies(second)
            return first


def bodies(events: Sequence[AnyEvent]) -> list[bytes]:
    return [event.to_bytes() for event in events]


def topics(events: Sequence[AnyEvent]) -> list[str]:
    return [event.topic for event in events]


def fills_of(events: Sequence[AnyEvent]) -> list[StepFilled]:
    return [event.payload for event in events if isinstance(event.payload, StepFilled)]


async def test_a_plan_that_is_delivered_again_and_again_is_one_order() -> None:
    """Given redeliveries to two processes, at once and later, then all say the same bytes."""
    desk = Desk()
    created = await desk.plan()
    answers = await asyncio.gather(
        *(submit_plan(created, process) for process in desk.processes * 3)
    )
    desk.now += timedelta(seconds=30)
    answers.append(await submit_plan(created, desk.processes[1]))
    assert len({tuple(bodies(one)) for one in answers}) == 1
    submitted = answers[0][-1].payload
    assert isinstance(submitted, StepSubmitted)
    assert desk.store.orders == 1


async def test_the_same_history_in_another_world_gives_the_same_bytes() -> None:
    for strategy in DemoStrategy:
        if strategy is DemoStrategy.FAILING_VENUE or strategy is DemoStrategy.TIMEOUT_VENUE:
            continue
        first, second = [await Desk(strategy.value, 3).run() for _ in range(2)]
        assert bodies(first) == bodies(second)


async def test_a_submission_names_its_approval_and_what_it_was_executed_against() -> None:
    desk = Desk()
    told = await desk.run()
    submitted = told[1].payload
    assert isinstance(submitted, StepSubmitted)
    assert isinstance(desk.approved.payload, RiskApproved)
    assert submitted.approval == desk.approved.event_id
    assert submitted.inputs is not None
    assert submitted.inputs.settings == PRICED.terms
    assert submitted.inputs.submitted_at == NOW
    assert references_of(submitted) == [observation_event(*desk.kept[0].parts[-1]).correlation_id]


@pytest.mark.parametrize("strategy_id", ["demo", *IN_PARTS, DemoStrategy.REVERTING_VENUE.value])
async def test_fills_are_derived_again_from_what_was_recorded(strategy_id: str) -> None:
    """Given order, inputs and the observed market, and nothing else, then the record follows."""
    desk = Desk(strategy_id)
    created, told = await desk.plan(), await desk.run()
    submitted = told[1].payload
    assert isinstance(submitted, StepSubmitted)
    inputs = submitted.inputs
    assert inputs is not None
    harness = SimulatedHarness(MemoryTransactionStore(), strategy_id=strategy_id)
    order = replace(harness.order(1), step=submitted.step, plan_id=created.payload.plan_id)
    view = restored(desk.kept[0])
    pools = [view.pool("ethereum", address) for address in route_pools(submitted.step)]
    again = execute(
        order,
        MarketState([pool for pool in pools if pool], view.head("ethereum"), inputs.market),
        transaction_hash(order),
        SimulationSettings.of(inputs.settings),
        inputs.submitted_at,
    )
    assert again.model_dump_json().encode() == await desk.store.get(submitted.tx_hash)


def restored(observation: Observation) -> PoolView:
    payloads = {part.identifier: part.payload for part in observation.parts}
    assert observation.market is not None
    market = payloads[observation.market]
    assert isinstance(market, MarketObserved)
    shapes = {name: one for name, one in payloads.items() if isinstance(one, PoolObserved)}
    return PoolView(restore_cache(market, shapes, PythonRouter()), REGISTRY)


async def test_a_part_is_filled_and_the_rest_cancelled_by_the_venue() -> None:
    desk = Desk(DemoStrategy.PARTIAL_THEN_CANCELLED.value)
    told = await desk.run()
    fills, failed = fills_of(told), told[-1].payload
    assert topics(told)[:2] == ["exec.started", "exec.step_submitted"]
    assert set(topics(told)[2:-1]) == {"exec.step_filled"}
    assert isinstance(failed, ExecutionFailed)
    assert (failed.reason, failed.proof) == (ExecutionFailureReason.CANCELLED, "cancelled")
    assert fills
    assert not any(fill.final for fill in fills)
    assert 0 < fills[-1].cumulative_amount_in < fills[-1].step.amount_in
    times = [event.timestamp for event in told[1:]]
    assert all(earlier <= later for earlier, later in pairwise(times))


@pytest.mark.parametrize(
    ("strategy", "expected", "reason", "proof"),
    [
        (DemoStrategy.REFUSING_VENUE, ["exec.failed"], "VENUE_REFUSED", "not_submitted"),
        (
            DemoStrategy.REVERTING_VENUE,
            ["exec.started", "exec.step_submitted", "exec.failed"],
            "REVERTED",
            "reverted",
        ),
        (
            DemoStrategy.NEVER_FILLED,
            ["exec.started", "exec.step_submitted", "exec.failed"],
            "CANCELLED",
            "cancelled",
        ),
    ],
)
async def test_an_order_that_is_not_filled_ends_with_proof(
    strategy: DemoStrategy, expected: list[str], reason: str, proof: str
) -> None:
    desk = Desk(strategy.value)
    told = await desk.run()
    failed = told[-1].payload
    assert topics(told) == expected
    assert isinstance(failed, ExecutionFailed)
    assert (failed.reason, failed.proof) == (reason, proof)
    if strategy is DemoStrategy.NEVER_FILLED:
        assert told[-1].timestamp == (await desk.plan()).payload.expires_at


async def test_what_was_refused_stays_refused_when_the_venue_changes_its_mind() -> None:
    store = MemoryTransactionStore()
    harness = SimulatedHarness(store, strategy_id=DemoStrategy.REFUSING_VENUE.value)
    order = harness.order(1)
    refusing = OrchestratorPorts({SIMULATED: harness.venue}, harness.now)
    desk = Desk(DemoStrategy.REFUSING_VENUE.value)
    first = await submit_plan(await desk.plan(), refusing)
    record = await store.get(transaction_hash(order))
    assert record is not None
    willing = replace(order, strategy_id="demo")
    transaction = await harness.another.build_swap_tx(willing)
    with pytest.raises(Exception, match="takes no order"):
        await harness.another.submit_tx(transaction)
    assert topics(first) == ["exec.failed"]


@pytest.mark.parametrize("strategy_id", ["demo", *IN_PARTS])
async def test_gas_is_charged_once_and_the_pools_fee_with_every_fill(strategy_id: str) -> None:
    told = await Desk(strategy_id).run()
    first, *others = fills_of(told)
    gas = first.step.route.gas_estimate
    assert gas > 0
    assert (first.gas_used, first.effective_gas_price_wei) == (gas, GAS_PRICE_WEI)
    assert first.fee_wei == gas * GAS_PRICE_WEI
    assert all(fill.fee_wei is None for fill in others)
    assert all(fill.block_time is not None for fill in (first, *others))
    for fill in (first, *others):
        assert fill.pool_fee == fill.amount_in * fill.step.route.fee_pips // 1_000_000
    last = told[-1].payload
    assert getattr(last, "fee_wei", None) is None


async def test_a_reverted_swap_costs_gas_and_one_that_never_filled_none() -> None:
    reverted = (await Desk(DemoStrategy.REVERTING_VENUE.value).run())[-1].payload
    assert isinstance(reverted, ExecutionFailed)
    assert reverted.fee_wei
    assert reverted.tx_hash is not None
    waiting = (await Desk(DemoStrategy.NEVER_FILLED.value).run())[-1].payload
    assert isinstance(waiting, ExecutionFailed)
    assert waiting.fee_wei is None


amounts = st.integers(1, 10**24)


@given(
    amounts,
    st.sampled_from(["demo", *IN_PARTS, DemoStrategy.NEVER_FILLED.value]),
    st.integers(0, 2**64),
)
def test_fills_make_up_the_order_exactly_or_leave_a_rest(
    amount_in: int, strategy_id: str, seed: int
) -> None:
    """Given any amount and seed, then no unit is filled twice, invented or lost."""
    record = executed(amount_in, strategy_id, seed)
    if record.outcome == "reverted":
        return
    whole = executed(amount_in, "demo", seed)
    paid, got = (
        sum(getattr(fill, name) for fill in record.fills) for name in ("amount_in", "amount_out")
    )
    assert all(fill.amount_in > 0 and fill.amount_out > 0 for fill in record.fills)
    if record.outcome == "filled":
        assert (paid, got) == (amount_in, whole.fills[0].amount_out)
    else:
        assert paid < amount_in
        assert got < whole.fills[0].amount_out
    assert sum(fill.pool_fee or 0 for fill in record.fills) <= amount_in


HARNESS = SimulatedHarness(MemoryTransactionStore())
ORDER = HARNESS.order(1)
POOLS = [HARNESS.market.pool("ethereum", address) for address in route_pools(ORDER.step)]
STATE = MarketState([pool for pool in POOLS if pool], None, None)


def executed(
    amount_in: int, strategy_id: str, seed: int, at: datetime = NOW
) -> SimulatedTransaction:
    step = ORDER.step.model_copy(update={"amount_in": amount_in, "min_out": 1})
    order = replace(ORDER, step=step, strategy_id=strategy_id)
    settings = replace(SIMULATION, seed=seed, partial_fill_probability=Decimal(0))
    return execute(order, STATE, transaction_hash(order), settings, at)
