"""The limits a risk policy can set, by where they may stand and which stage checks them.

Every limit is optional: what no scope limits is not limited. A name ends in the unit; `bps` are
hundredths of a percent. Numbers are written as exact decimals, in YAML and JSON alike.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from tradewind.contracts.payload import is_absent
from tradewind.contracts.precision import EXACT
from tradewind.contracts.wire import DecimalString, Document

MAX_USD: Final = Decimal(10) ** 15
MAX_AMOUNT: Final = Decimal(10) ** 38
MAX_LEVERAGE: Final = Decimal(1_000)
MAX_COUNT: Final = 1_000_000
MAX_BPS: Final = 10_000
BPS: Final = Decimal("0.0001")
DAY_SECONDS: Final = 86_400
MAX_SECONDS: Final = 30 * DAY_SECONDS
LEAST_COLLAR_BPS: Final = 100
"""The median of a pool's last minutes is told in steps of a percent, so no less can be compared."""

_DIGITS = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


def _integer(value: Any) -> int:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("must be a whole number, written as digits")


def _flag(value: Any) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")


def _shortest(value: Decimal) -> Decimal:
    """Return the number without trailing zeros, so that equal policies have equal bytes.

    An integer stays written out: a number with an exponent would be read back as another form.
    """
    whole = value.to_integral_value(context=EXACT)
    return Decimal(int(whole)) if whole == value else value.normalize(EXACT)


_Integer = Annotated[int, BeforeValidator(_integer)]
_Decimal = Annotated[DecimalString, AfterValidator(_shortest)]


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


def _number(least: int, most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


Flag = Annotated[bool, BeforeValidator(_flag)]
Usd = Annotated[
    _Decimal,
    Field(ge=0, le=MAX_USD, decimal_places=6),
    _text(r"^((0|[1-9]\d{0,14})(\.\d{1,6})?|10{15})$"),
]
Amount = Annotated[
    _Decimal, Field(ge=0, le=MAX_AMOUNT), _text(r"^((0|[1-9]\d{0,37})(\.\d{1,36})?|10{38})$")
]
"""Whole tokens of an instrument's base."""
Lot = Annotated[
    _Decimal,
    Field(gt=0, le=MAX_AMOUNT),
    _text(r"^(?=.*[1-9])((0|[1-9]\d{0,37})(\.\d{1,36})?|10{38})$"),
]
Ratio = Annotated[
    _Decimal, Field(ge=0, le=MAX_LEVERAGE), _text(r"^((0|[1-9]\d{0,2})(\.\d{1,36})?|1000)$")
]
Count = Annotated[_Integer, Field(ge=0, le=MAX_COUNT), _number(0, MAX_COUNT)]
LossCount = Annotated[_Integer, Field(ge=1, le=MAX_COUNT), _number(1, MAX_COUNT)]
Seconds = Annotated[_Integer, Field(ge=0, le=MAX_SECONDS), _number(0, MAX_SECONDS)]
AgeSeconds = Annotated[_Integer, Field(ge=1, le=DAY_SECONDS), _number(1, DAY_SECONDS)]
Bps = Annotated[_Integer, Field(ge=0, le=MAX_BPS), _number(0, MAX_BPS)]
CollarBps = Annotated[
    _Integer, Field(ge=LEAST_COLLAR_BPS, le=MAX_BPS), _number(LEAST_COLLAR_BPS, MAX_BPS)
]


def _check_order(name: str, least: Decimal | None, most: Decimal | None) -> None:
    if least is not None and most is not None and least > most:
        raise ValueError(f"{name}: is more than the most, {most:f}")


class OrderLimits(Document):
    """Limits of one order, which the instrument stage checks. They may stand in any scope."""

    min_notional_usd: Usd | None = Field(None, exclude_if=is_absent)
    """An order is worth at least so much."""
    max_notional_usd: Usd | None = Field(None, exclude_if=is_absent)
    """An order is worth at most so much."""
    max_slippage_bps: Bps | None = Field(None, exclude_if=is_absent)
    """An order may allow so much slippage."""
    max_price_impact_bps: Bps | None = Field(None, exclude_if=is_absent)
    """A plan may be so much worse than the prices its intent was approved at."""
    max_price_age_seconds: AgeSeconds | None = Field(None, exclude_if=is_absent)
    """The states of the pools that price an order are no older."""
    price_collar_bps: CollarBps | None = Field(None, exclude_if=is_absent)
    """A price may be so far from the median of the pool's last ten minutes."""

    @model_validator(mode="after")
    def _check_notional(self) -> Self:
        _check_order("min_notional_usd", self.min_notional_usd, self.max_notional_usd)
        return self


class SizeLimits(Document):
    """Limits of one order in tokens, which the instrument stage checks for an instrument."""

    min_order_amount: Amount | None = Field(None, exclude_if=is_absent)
    max_order_amount: Amount | None = Field(None, exclude_if=is_absent)
    lot_amount: Lot | None = Field(None, exclude_if=is_absent)
    """The amount of an order is a multiple of it."""

    @model_validator(mode="after")
    def _check_amounts(self) -> Self:
        _check_order("min_order_amount", self.min_order_amount, self.max_order_amount)
        return self


class PairLimits(Document):
    """Limits of a portfolio in an instrument, which the portfolio stage checks, for any scope."""

    duplicate_window_seconds: Seconds | None = Field(None, exclude_if=is_absent)
    """The same order (side, instrument, amount) is not approved twice within so many seconds."""
    cooldown_seconds: Seconds | None = Field(None, exclude_if=is_absent)
    """So long after a sale of an instrument none of it is bought."""
    max_position_usd: Usd | None = Field(None, exclude_if=is_absent)
    """What a portfolio may hold of an instrument's base, with what it has under way."""
    approval_above_usd: Usd | None = Field(None, exclude_if=is_absent)
    """An order that is worth more waits until a person approves it."""


class HoldingLimits(Document):
    """Limits of a portfolio in an instrument, in tokens."""

    max_position_amount: Amount | None = Field(None, exclude_if=is_absent)
    """What a portfolio may hold of an instrument's base, with what it has under way."""


class TotalLimits(Document):
    """Limits of an instrument over all portfolios, in US dollars."""

    max_total_position_usd: Usd | None = Field(None, exclude_if=is_absent)
    """What all portfolios together may hold of an instrument's base."""


class TotalAmountLimits(Document):
    """Limits of an instrument over all portfolios, in tokens."""

    max_total_position_amount: Amount | None = Field(None, exclude_if=is_absent)
    """What all portfolios together may hold of an instrument's base."""


class AccountLimits(Document):
    """Limits of a whole portfolio, which the portfolio stage checks."""

    max_intents_per_minute: Count | None = Field(None, exclude_if=is_absent)
    """Approvals within any sixty seconds."""
    max_open_intents: Count | None = Field(None, exclude_if=is_absent)
    """Approved intents that have not ended."""
    max_gross_exposure_usd: Usd | None = Field(None, exclude_if=is_absent)
    """The sum of what is held of each token but pegged ones, whatever its sign."""
    max_net_exposure_usd: Usd | None = Field(None, exclude_if=is_absent)
    """The sum of what is held of each token but pegged ones, with its sign."""
    max_concentration_bps: Bps | None = Field(None, exclude_if=is_absent)
    """The part of a portfolio's equity that one token may be."""
    max_leverage: Ratio | None = Field(None, exclude_if=is_absent)
    """Gross exposure as a multiple of equity."""
    short_allowed: Flag | None = Field(None, exclude_if=is_absent)
    """Whether a portfolio may sell what it does not hold. Unless it says so here, a portfolio that
    has capital may not."""
    daily_budget_usd: Usd | None = Field(None, exclude_if=is_absent)
    """What may be approved in a day, UTC; what is released comes back."""
    max_daily_loss_usd: Usd | None = Field(None, exclude_if=is_absent)
    """After a larger loss in a day, UTC, nothing is bought."""
    max_drawdown_bps: Bps | None = Field(None, exclude_if=is_absent)
    """After a larger fall from the highest equity nothing is bought."""
    max_consecutive_losses: LossCount | None = Field(None, exclude_if=is_absent)
    """After so many losing exits in a row nothing is bought."""


HIGHER_IS_TIGHTER: Final = frozenset(
    {"min_notional_usd", "min_order_amount", "duplicate_window_seconds", "cooldown_seconds"}
)
"""Of all other numbers the lower one is tighter; of two lots the one that is a multiple."""
