"""The planner's limits, in the form it uses them and in the form they are recorded."""

from typing import Literal

from pydantic import Field

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.payload import is_absent
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.venues import SIMULATED, venue_of
from tradewind.contracts.wire import DecimalString, Document, WireModel


class PlanLimits(Document):
    """The venue plans are made for, and the limits they have to keep."""

    venue: VenueName
    paper_strategies: tuple[str, ...]
    """Patterns of strategies that trade on the simulated venue whatever `venue` is, in any case."""
    pool_max_age_seconds: int
    gas_price_wei: int = Field(ge=0)
    """The price of a unit of gas where there is no chain to ask."""
    duration_ms: int
    """How long `venue` usually takes."""
    paper_duration_ms: int
    """How long the simulated venue usually takes."""
    max_notional_usd: DecimalString
    max_slippage: DecimalString
    # Decisions recorded before there was this limit are repeated without it.
    price_limits: PriceLimits | None = Field(None, exclude_if=is_absent)
    # Decisions recorded without it rounded the minimum down, and are repeated so.
    rounds_minimum: Literal["up"] | None = Field(None, exclude_if=is_absent)

    def venue_of(self, strategy_id: str) -> VenueName:
        """Return the venue a strategy trades on."""
        return venue_of(strategy_id, self.venue, self.paper_strategies)

    def duration_ms_of(self, venue: VenueName) -> int:
        """Return how long a venue usually takes, in milliseconds."""
        return self.paper_duration_ms if venue == SIMULATED else self.duration_ms


class PlanInputs(WireModel):
    """What the planner decided on, beside the intent and the time."""

    market: ContentId | None
    """The content id of the instrument.market_observed it read; None when that was too large."""
    limits: PlanLimits
