"""The roles on one market and one clock, and a request to cancel what they do."""

from datetime import datetime, timedelta
from typing import Any

from actors.orchestrator.actors import follow_step
from actors.orchestrator.ports import OrchestratorPorts
from actors.planner.actors import plan_intent
from actors.planner.obstacles import Obstacle
from actors.planner.ports import PlannerPorts
from actors.risk.actors import assess_intent
from actors.risk.ports import RiskPorts
from actors.venues.simulated import SimulatedVenue
from actors.venues.transaction_store import MemoryTransactionStore
from tests.support.factories import NOW, accepted, market_view, screened, submitted
from tests.support.limits import PLAN_LIMITS, RISK_LIMITS, SIMULATION
from tests.support.portfolio_stage import judged, portfolio_ports
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.venues import SIMULATED
from tradewind.errors import NotYet

BY = Cancellation("01M7WD7TG0000XR6PNZRGBSDH7", "key-1", NOW)


class Desk:
    """The roles on one market and one clock, and at most one request to cancel."""

    def __init__(self, number: int = 1, **intent: Any) -> None:
        self.cancellation: Cancellation | None = None
        self.now = NOW
        self.store: MemoryTransactionStore = MemoryTransactionStore()
        self.venue = SimulatedVenue(market_view(), self.store, SIMULATION, lambda: self.now)
        self.submitted = submitted(number, **intent)
        self.screened = screened(number, **intent)
        self.accepted = accepted(number, **intent)

    async def find(self, correlation_id: str) -> Cancellation | None:
        assert correlation_id == self.submitted.correlation_id
        return self.cancellation

    async def find_obstacle(self, event: AnyEvent) -> Obstacle:
        return Obstacle(await self.find(event.correlation_id))

    def cancel(self, at: datetime | None = None) -> None:
        """Ask for the intent to be cancelled: now, or at another time."""
        self.cancellation = BY._replace(requested_at=at or self.now)
        self.store.cancelled[self.submitted.correlation_id] = self.cancellation

    @property
    def orchestrator(self) -> OrchestratorPorts:
        return OrchestratorPorts(
            {SIMULATED: self.venue}, lambda: self.now, find_cancellation=self.find
        )

    def trade_in[Store: MemoryTransactionStore](self, store: Store) -> Store:
        """Have the venue use another store from now on."""
        self.store = store
        self.venue = SimulatedVenue(market_view(), store, SIMULATION, lambda: self.now)
        return store

    async def assessed(self) -> list[AnyEvent]:
        ports = RiskPorts(market_view(), RISK_LIMITS, lambda: self.now, find_cancellation=self.find)
        return list(await assess_intent(self.submitted, ports))

    async def judged(self) -> list[AnyEvent]:
        ports = portfolio_ports(lambda: self.now, self.find)
        return await judged(self.screened, ports)

    async def planned(self) -> list[AnyEvent]:
        ports = PlannerPorts(
            market_view(), PLAN_LIMITS, lambda: self.now, find_obstacle=self.find_obstacle
        )
        return list(await plan_intent(self.accepted, ports))

    async def plan(self) -> Event[PlanCreated]:
        (created,) = await self.planned()
        return created

    async def follow(self, event: AnyEvent) -> list[AnyEvent]:
        """Return what follows, as soon as the venue tells."""
        while True:
            try:
                return list(await follow_step(event, self.orchestrator))
            except NotYet as later:
                self.now += timedelta(milliseconds=later.delay_ms)


def is_cancelled(event: AnyEvent, *, at: datetime = NOW) -> None:
    assert (event.topic, event.timestamp) == ("intent.cancelled", at)
    assert (event.payload.requested_by, event.payload.cancellation_id) == ("key-1", BY[0])
    assert event.payload.detail.startswith("cancelled on request of key-1 ")
