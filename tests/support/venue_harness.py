"""The simulated venue under the contract suite, on a clock of its own."""

from datetime import datetime, timedelta
from typing import Any

from actors.planner.decide import decide
from actors.planner.quoting import read_market
from actors.venues.contract import SwapOrder
from actors.venues.simulated import SimulatedVenue, SimulationSettings
from actors.venues.transaction_store import TransactionStore
from tests.support.factories import NOW, WINDOW, accepted, market_view
from tests.support.limits import PLAN_LIMITS, SIMULATION
from tradewind.trading.wallet.plan_event import PlanEvent


class SimulatedHarness:
    """Two processes' views of one simulated venue."""

    def __init__(
        self,
        store: TransactionStore,
        simulation: SimulationSettings = SIMULATION,
        strategy_id: str = "demo",
        **intent_changes: Any,
    ) -> None:
        self.at = NOW
        self.strategy_id = strategy_id
        self.intent_changes = intent_changes
        self.market = market_view()
        self.venue = SimulatedVenue(self.market, store, simulation, self.now)
        self.another = SimulatedVenue(self.market, store, simulation, self.now)

    def now(self) -> datetime:
        """Return the venue's time."""
        return self.at

    def order(self, number: int, *, min_out: int | None = None) -> SwapOrder:
        """Return the order of the `number`th plan: 1 WETH for about 3,000 USDC unless changed."""
        event = accepted(number, strategy_id=self.strategy_id, **self.intent_changes)
        reading = read_market(self.market, event.payload.intent)
        (created,) = decide(event, reading, PLAN_LIMITS, NOW)
        step = created.payload.steps[0]
        if min_out is not None:
            step = step.model_copy(update={"min_out": min_out})
        return SwapOrder(
            created.payload.plan_id,
            0,
            self.strategy_id,
            step,
            NOW + WINDOW,
            PlanEvent.of(created),
            created.key.portfolio,
        )

    async def wait(self, milliseconds: int) -> None:
        """Let time pass."""
        self.at += timedelta(milliseconds=milliseconds)
