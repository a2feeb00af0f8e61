"""The intent a client submits (seed 001 sections 5.3 and 6.1)."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from tradewind.contracts.amounts import to_base_units
from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import DecimalString, Document

MAX_TIME_WINDOW_SECONDS = 86_400
MAX_SUCCESS_CRITERIA = 8
MAX_AMOUNT_BASE_UNITS = 2**128

IntentType = Literal["acquire", "dispose"]
ExecutionStyle = Literal["passive", "balanced", "aggressive"]
StrategyId = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
]
PortfolioId = StrategyId
"""An account of capital. Written like a strategy id, because a strategy's id is its default."""


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be greater than 0")
    return value


def _fraction(value: Decimal) -> Decimal:
    if not 0 <= value <= 1:
        raise ValueError("must be between 0 and 1 (0.01 is one percent)")
    return value


PositiveDecimal = Annotated[
    DecimalString,
    AfterValidator(_positive),
    WithJsonSchema({"type": "string", "pattern": r"^(?=.*[1-9])(0|[1-9]\d{0,39})(\.\d{1,36})?$"}),
]
Fraction = Annotated[
    DecimalString,
    AfterValidator(_fraction),
    WithJsonSchema({"type": "string", "pattern": r"^(0(\.\d{1,36})?|1(\.0{1,36})?)$"}),
]


class IntentConstraints(Document):
    """The limits a fill must respect."""

    max_slippage: Fraction
    """Fraction of the quote that may be lost: 0.01 is one percent."""
    time_window: int = Field(ge=1, le=MAX_TIME_WINDOW_SECONDS)
    """Seconds from submission until the intent expires unless it is in flight."""
    execution_style: ExecutionStyle = "balanced"


class SuccessCriterion(Document):
    """One test that the settled intent passes or fails."""

    metric: Literal["amount_out", "price", "duration_seconds"]
    """amount_out in whole tokens received; price in quote per base; duration since submission."""
    comparison: Literal["at_least", "at_most"]
    threshold: PositiveDecimal


class Intent(Document):
    """Buy (`acquire`) or sell (`dispose`) `amount` of base. `assets` is [base, quote]."""

    strategy_id: StrategyId
    portfolio_id: PortfolioId | None = Field(None, exclude_if=is_absent)
    """The account of capital it trades for; without one the gateway chooses (`key.portfolio`)."""
    intent_type: IntentType
    assets: tuple[Asset, Asset]
    amount: PositiveDecimal
    """Whole tokens of base, with at most as many decimals as the token has."""
    constraints: IntentConstraints
    success_criteria: tuple[SuccessCriterion, ...] = Field(
        default=(), max_length=MAX_SUCCESS_CRITERIA
    )

    @property
    def base(self) -> Asset:
        return self.assets[0]

    @property
    def quote(self) -> Asset:
        return self.assets[1]

    @property
    def instrument(self) -> str:
        return instrument_key(self.base, self.quote)

    @property
    def amount_base_units(self) -> int:
        """`amount` in base's smallest unit."""
        return to_base_units(self.amount, self.base.decimals)

    @model_validator(mode="after")
    def _check_pair(self) -> "Intent":
        base, quote = self.assets
        if base.chain != quote.chain:
            raise ValueError("assets: base and quote must be on the same chain")
        if base.address == quote.address or base.symbol == quote.symbol:
            raise ValueError("assets: base and quote must be two different tokens")
        try:
            amount = to_base_units(self.amount, base.decimals)
        except ValueError:
            raise ValueError(f"amount: {base.symbol} has {base.decimals} decimals") from None
        if amount >= MAX_AMOUNT_BASE_UNITS:
            raise ValueError("amount: must be below 2^128 base units")
        return self
