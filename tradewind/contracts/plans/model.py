"""The plan by which an intent will be executed (seed 001 section 5.3)."""

from typing import TYPE_CHECKING, Final, Literal, Self

from pydantic import Field, model_validator

from tradewind.contracts.ids import Ulid
from tradewind.contracts.instruments.assets import Address, Asset
from tradewind.contracts.venues import VENUES
from tradewind.contracts.wire import BaseUnits, DecimalString, Document

if TYPE_CHECKING:
    type VenueName = str
else:
    # As literals the names are in the schema, and validating one costs next to nothing.
    VenueName = Literal[tuple(VENUES)]

RoutePath = Literal["direct", "two_hop", "split"]
DIRECT: Final = "direct"
MAX_LEGS: Final = 8


class RouteLeg(Document):
    """The part of a route that one pool takes."""

    pool: Address
    fee_pips: int = Field(ge=0, le=1_000_000)
    token_in: Address
    token_out: Address
    amount_in: BaseUnits
    amount_out: BaseUnits
    ticks_crossed: int = Field(ge=0)
    sqrt_price_x96_after: BaseUnits


class RouteQuote(Document):
    """What the router quoted, and from which state of which pool.

    A `two_hop` route passes its legs in order, a `split` one spreads the amount over pools of the
    same pair; either is one transaction. `pool`, `fee_pips` and `sqrt_price_x96_after` are those
    of the first leg, the other fields are totals of all legs. A `direct` route uses one pool and
    has no legs.
    """

    pool: Address
    fee_pips: int = Field(ge=0, le=1_000_000)
    """Pool fee in hundredths of a basis point: 3000 is 0.3 %."""
    amount_in: BaseUnits
    amount_out: BaseUnits
    ticks_crossed: int = Field(ge=0)
    gas_estimate: int = Field(ge=0)
    block_number: int = Field(ge=0)
    sqrt_price_x96_after: BaseUnits
    # Both are left out of a direct route: plans recorded before there were other paths must keep
    # their bytes, as the hash of those is recorded too.
    path: RoutePath = Field(DIRECT, exclude_if=lambda path: path == DIRECT)
    legs: tuple[RouteLeg, ...] = Field((), max_length=MAX_LEGS, exclude_if=lambda legs: not legs)

    @model_validator(mode="after")
    def _check_legs(self) -> Self:
        if (self.path == DIRECT) != (not self.legs) or len(self.legs) == 1:
            raise ValueError("legs: a direct route has none, any other at least two")
        return self


class ExecutionStep(Document):
    """One swap: sell `amount_in` of token_in, receive at least `min_out` of token_out.

    `base` and `quote` are the intent's; an `acquire` sells quote, a `dispose` sells base.
    """

    venue: VenueName
    base: Asset
    quote: Asset
    token_in: Address
    token_out: Address
    amount_in: BaseUnits
    min_out: BaseUnits
    route: RouteQuote


class ExecutionPlan(Document):
    """The steps of one intent and what they should cost."""

    id: Ulid
    intent_id: Ulid
    steps: tuple[ExecutionStep, ...] = Field(min_length=1, max_length=1)
    """Exactly one step: every intent is a single swap (seed 001 section 2.1)."""
    estimated_cost: DecimalString
    """US dollars: pool fee plus price impact plus gas."""
    estimated_duration_ms: int = Field(ge=0)
    risk_score: DecimalString
    """0 (none) to 1: the share of the risk limits the plan uses."""
