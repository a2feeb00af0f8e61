"""The limits that a policy puts on an intent, for each of the two stages of risk."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from tradewind.contracts.intents.model import Intent
from tradewind.contracts.risk.limit_names import BPS, OrderLimits, SizeLimits
from tradewind.contracts.risk.limits import PortfolioLimits, RiskLimits
from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.trading.policy.resolution import LimitInForce, resolve

_PORTFOLIO_NAMES: Final = tuple(name for name in PortfolioLimits.model_fields if name != "scopes")
_ORDER_NAMES: Final = (*OrderLimits.model_fields, *SizeLimits.model_fields)
_TIGHTENED: Final = {
    "max_notional_usd": ("max_notional_usd", Decimal(1)),
    "max_slippage_bps": ("max_slippage", BPS),
    "max_price_impact_bps": ("max_price_impact", BPS),
}
"""The settings limit these three, too; there they are fractions."""


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """A policy that is in force; an empty one limits nothing."""

    document: PolicyDocument = field(default_factory=PolicyDocument)

    def portfolio_limits(self, portfolio_id: str, intent: Intent) -> PortfolioLimits:
        """Return what the portfolio stage checks an intent of a portfolio against."""
        found = resolve(self.document, portfolio_id, intent.instrument, _PORTFOLIO_NAMES)
        values: dict[str, Any] = {name: limit.value for name, limit in found.items()}
        return PortfolioLimits(**values, scopes={name: one.scope for name, one in found.items()})

    def order_limits(self, portfolio_id: str, intent: Intent, settings: RiskLimits) -> RiskLimits:
        """Return what the instrument stage checks an intent against.

        The settings' limits stay the outermost ones: a policy only tightens them.
        """
        found = resolve(self.document, portfolio_id, intent.instrument, _ORDER_NAMES)
        limits = dict(_within(settings, limit) for limit in found.items())
        limits.pop("", None)
        if not limits:
            return settings
        scopes = {name: one.scope for name, one in limits.items()}
        return settings.model_copy(
            update={name: one.value for name, one in limits.items()} | {"scopes": scopes}
        )


def _within(settings: RiskLimits, limit: tuple[str, LimitInForce]) -> tuple[str, LimitInForce]:
    """Return name and value in RiskLimits; no name where the settings are as tight."""
    name, (value, scope) = limit
    name, unit = _TIGHTENED.get(name, (name, None))
    if unit is None:
        return name, LimitInForce(value, scope)
    outermost, tightened = getattr(settings, name), Decimal(value) * unit
    is_tighter = outermost is None or tightened < outermost
    return name if is_tighter else "", LimitInForce(tightened, scope)
