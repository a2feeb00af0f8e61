"""The limits that a what-if changes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field, model_validator

from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.limit_names import MAX_BPS, Usd
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.wire import DecimalString, Document

MILLIONTHS: Final = Decimal(1_000_000)
SLIPPAGE_SCALE: Final = Decimal(10) ** 18

Fraction = Annotated[DecimalString, Field(ge=0, le=1, decimal_places=18)]
Drawdown = Annotated[DecimalString, Field(ge=0, le=1, decimal_places=4)]


class ChangedLimits(Document):
    """Limits in place of those that were in force; what is absent stays as it was."""

    max_notional_usd: Usd | None = None
    """An order is worth at most so much."""
    min_notional_usd: Usd | None = None
    """A purchase, or the sale of a part, is worth at least so much."""
    max_slippage: Fraction | None = None
    """An order may allow so much slippage, a fraction."""
    max_position_usd: Usd | None = None
    """What a portfolio may hold of an instrument's base after an order."""
    max_daily_notional_usd: Usd | None = None
    """What a portfolio may be allowed in a day, UTC."""
    max_drawdown: Drawdown | None = None
    """After a larger fall from the highest equity nothing is bought, a fraction."""

    @model_validator(mode="after")
    def _check(self) -> "ChangedLimits":
        if not self.named:
            raise ValueError("names no limit: say at least one")
        least, most = self.min_notional_usd, self.max_notional_usd
        if least is not None and most is not None and least > most:
            raise ValueError("min_notional_usd is more than max_notional_usd")
        return self

    @property
    def named(self) -> dict[str, Decimal]:
        """The limits that are changed."""
        return {name: value for name, value in self if value is not None}

    @property
    def needs_book(self) -> bool:
        """Whether a limit depends on what was let through before."""
        return not PORTFOLIO_RULES.keys().isdisjoint(self.named)

    def scaled(self, name: str, factor: Decimal = MILLIONTHS) -> int | None:
        """Return a limit as an integer, rounded down: what is compared with it is integer too."""
        value: Decimal | None = getattr(self, name)
        return None if value is None else int(EXACT.multiply(value, factor))

    @property
    def drawdown_bps(self) -> int | None:
        """The fall that is allowed, in basis points."""
        return self.scaled("max_drawdown", Decimal(MAX_BPS))


ORDER_RULES: Final[Mapping[str, RiskRejectionReason]] = {
    "max_notional_usd": RiskRejectionReason.NOTIONAL_LIMIT,
    "min_notional_usd": RiskRejectionReason.NOTIONAL_MINIMUM,
    "max_slippage": RiskRejectionReason.SLIPPAGE_LIMIT,
}
PORTFOLIO_RULES: Final[Mapping[str, RiskRejectionReason]] = {
    "max_position_usd": RiskRejectionReason.POSITION_LIMIT,
    "max_daily_notional_usd": RiskRejectionReason.DAILY_BUDGET,
    "max_drawdown": RiskRejectionReason.DRAWDOWN_LIMIT,
}
RULES_BY_LIMIT: Final = {**ORDER_RULES, **PORTFOLIO_RULES}
