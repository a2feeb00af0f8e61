"""A plan on paper is submitted at once, on the table and the requests it uses in production."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from actors.orchestrator.actors import TIME_LIMIT_MS, submit_plan
from actors.orchestrator.ports import OrchestratorPorts
from actors.planner.decide import decide
from actors.planner.quoting import read_market
from actors.venues.contract import OutcomeUnknown
from actors.venues.simulated import SimulatedVenue
from actors.venues.transaction_store import (
    TIMEOUT_SECONDS,
    DatabaseTransactionStore,
    StoreUnavailable,
)
from tests.support.factories import NOW, accepted, market_view
from tests.support.limits import PLAN_LIMITS, SIMULATION
from tests.support.paused import paused
from tests.support.recorded_plans import record_plans
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.venues import SIMULATED
from tradewind.errors import NotYet
from tradewind.ledger.cancellations import Cancellations
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import Connection, Pool, open_pool
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.trading.halts.gate import Gate, Passage, Sight, Unguarded, close_gate
from tradewind.trading.wallet.plan_event import PlanEvent
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE

EXECUTED = ["exec.started", "exec.step_submitted"]
REQUEST_ID = "01M7WD7TG0000XR6PNZRGBSDH7"
GIVEN_UP_SECONDS = 2 * TIMEOUT_SECONDS
"""A call may come while another is under way, and has its own time after that."""
ALLOWED_SECONDS = GIVEN_UP_SECONDS + 1.0
ATTEMPTS = 7
"""How often an untold plan is looked for, by one delivery."""


class Counting(DatabaseTransactionStore):
    """Counts what it is to execute."""

    executions = 0

    async def execute(
        self, key: str, value: bytes, plan: PlanEvent, passage: Passage, is_told: bool = False
    ) -> bool:
        self.executions += 1
        return await super().execute(key, value, plan, passage, is_told)


class Middle(Unguarded):
    """Waits in the middle of a transaction until it may go on."""

    def __init__(self) -> None:
        self.is_reached, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def sights(self, connection: Connection, passages: Sequence[Passage]) -> list[Sight]:
        self.is_reached.set()
        await self.may_go_on.wait()
        return await super().sights(connection, passages)


class Desk:
    """An orchestrator as it is in production, but for its market and its clock."""

    def __init__(self, owner: Pool, pool: Pool) -> None:
        self.owner, self.pool = owner, pool
        self.store = Counting(pool)
        self.market = market_view()
        self.venue = SimulatedVenue(self.market, self.store, SIMULATION, lambda: NOW)
        self.ports = OrchestratorPorts(
            {SIMULATED: self.venue}, lambda: NOW, find_cancellation=Cancellations(pool).find
        )

    def plan(self, number: int = 1) -> Event[PlanCreated]:
        event = accepted(number)
        (created,) = decide(event, read_market(self.market, event.payload.intent), PLAN_LIMITS, NOW)
        return created

    async def recorded_plan(self, number: int = 1) -> Event[PlanCreated]:
        plan = self.plan(number)
        await record_plans(self.owner, PlanEvent.of(plan))
        return plan

    async def cancel(self, plan: AnyEvent) -> None:
        await self.owner.execute(
            "INSERT INTO cancellations VALUES ($1, $2, 'key-1', now())",
            *(plan.correlation_id, REQUEST_ID),
        )

    async def submit(self, plan: Event[PlanCreated]) -> list[AnyEvent]:
        return list(await submit_plan(plan, self.ports))

    async def is_given_up(self, *plans: Event[PlanCreated]) -> None:
        """Submit plans, which nobody can know the outcome of; it takes less than the time limit."""
        assert ALLOWED_SECONDS < TIME_LIMIT_MS / 1_000
        async with asyncio.timeout(ALLOWED_SECONDS):
            answers = await asyncio.gather(*map(self.submit, plans), return_exceptions=True)
        assert [type(one) for one in answers] == [StoreUnavailable] * len(plans)

    async def kept(self) -> int:
        number: int = await self.owner.fetchval("SELECT count(*) FROM paper_transactions")
        return number

    async def is_executed_once(self, *plans: Event[PlanCreated]) -> None:
        for plan in plans:
            first = await self.submit(plan)
            assert topics(first) == EXECUTED
            assert await self.submit(plan) == first
        assert await self.kept() == len(plans)


@pytest.fixture
async def desk(database_dsn: str) -> AsyncIterator[Desk]:
    owner = await open_pool(database_dsn, max_size=2)
    pool = await open_pool(database_dsn, max_size=6, role=ORCHESTRATOR_ROLE, writes=True)
    yield Desk(owner, pool)
    pool.terminate()
    owner.terminate()


def topics(events: list[AnyEvent]) -> list[str]:
    return [one.topic for one in events]


async def test_a_plan_with_nothing_against_it_is_executed_once(desk: Desk) -> None:
    await desk.is_executed_once(await desk.recorded_plan())
    assert desk.store.executions == 2


async def test_a_plan_with_a_request_ends_and_is_never_executed(desk: Desk) -> None:
    plan = await desk.recorded_plan()
    await desk.cancel(plan)
    first = await desk.submit(plan)
    assert topics(first) == ["intent.cancelled"]
    assert first[0].payload.cancellation_id == REQUEST_ID
    assert await desk.submit(plan) == first
    assert (await desk.kept(), desk.store.executions) == (1, 2)


async def test_an_unrecorded_plan_is_waited_for_once_a_delivery(desk: Desk) -> None:
    plan = desk.plan()
    with pytest.raises(NotYet):
        await desk.submit(plan)
    assert (await desk.kept(), desk.store.executions) == (0, ATTEMPTS)
    await desk.recorded_plan()
    await desk.is_executed_once(plan)
    assert desk.store.executions == ATTEMPTS + 2


async def test_an_unrecorded_plan_with_a_request_ends_as_it_does_when_it_is_recorded(
    desk: Desk,
) -> None:
    plan = desk.plan()
    await desk.cancel(plan)
    first = await desk.submit(plan)
    assert topics(first) == ["intent.cancelled"]
    assert desk.store.executions == ATTEMPTS
    await desk.recorded_plan()
    assert await desk.submit(plan) == first
    assert (await desk.kept(), desk.store.executions) == (1, ATTEMPTS + 1)


@pytest.mark.parametrize("is_warm", [True, False])
async def test_plans_outlast_a_server_that_says_nothing(
    desk: Desk, servers: Servers, is_warm: bool
) -> None:
    """Given a server that hangs, then nobody waits long, and each plan is executed once later."""
    plans = [await desk.recorded_plan(number) for number in range(1, 4)]
    if is_warm:
        assert await desk.store.get("0x" + "01" * 32) is None
    with paused(servers.processes["postgres"].pid):
        for _ in range(2):
            await desk.is_given_up(*plans)
    async with asyncio.timeout(ALLOWED_SECONDS):
        await desk.is_executed_once(*plans)


async def test_a_plan_outlasts_a_server_that_says_nothing_in_the_middle(
    desk: Desk, servers: Servers
) -> None:
    """Given a transaction under way when the server hangs, then nobody waits to roll it back."""
    plan = await desk.recorded_plan()
    middle = Middle()
    desk.store._gate = Gate(middle)
    submitting = asyncio.create_task(desk.is_given_up(plan))
    await middle.is_reached.wait()
    with paused(servers.processes["postgres"].pid):
        middle.may_go_on.set()
        await submitting
    await desk.is_executed_once(plan)


async def test_nothing_else_is_asked_for_longer_of_a_server_that_says_nothing(
    desk: Desk, servers: Servers
) -> None:
    plan = await desk.recorded_plan()
    *_, step = await desk.submit(plan)
    other = "0x" + "02" * 32
    with paused(servers.processes["postgres"].pid):
        async with asyncio.timeout(ALLOWED_SECONDS):
            answers = await asyncio.gather(
                desk.venue.cut_or_wait(step.payload.tx_hash, plan.correlation_id),
                desk.store.get(other),
                desk.store.create(other, b"late"),
                return_exceptions=True,
            )
    assert [type(one) for one in answers] == [StoreUnavailable] * 3
    assert await desk.store.get(step.payload.tx_hash) is not None


async def test_a_statement_that_hangs_holds_up_no_plan_for_longer(desk: Desk) -> None:
    """Given a gate that stays closed, then what waits there is given up, and executed later."""
    plan = await desk.recorded_plan()
    async with desk.owner.acquire() as connection, connection.transaction():
        await close_gate(connection)
        await desk.is_given_up(plan)
    await desk.is_executed_once(plan)


async def test_a_refusing_store_is_unknown_and_away(desk: Desk) -> None:
    plan = await desk.recorded_plan()
    desk.pool.terminate()
    with pytest.raises(StoreUnavailable) as refused:
        await desk.submit(plan)
    assert isinstance(refused.value, OutcomeUnknown)
    assert isinstance(refused.value, DecisionUnavailable)
    assert desk.store.executions == 1
    assert await desk.kept() == 0


async def test_what_was_stored_before_its_answer_was_lost_is_found(desk: Desk) -> None:
    """Given an execution that another delivery committed, then nothing is executed again."""
    plan = await desk.recorded_plan()
    first = await desk.submit(plan)
    another = Desk(desk.owner, desk.pool)
    assert await another.submit(plan) == first
    assert (await desk.kept(), another.store.executions) == (1, 1)
