"""An order is worth enough."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_least


def notional_minimum(screening: Screening) -> Finding | None:
    """Fail for a purchase below the least value; without a price another rule fails."""
    limit, notional = screening.limit("min_notional_usd", USD), screening.notional_usd
    if limit is None or notional is None:
        return None
    rule = RiskRejectionReason.NOTIONAL_MINIMUM
    return screening.of_a_purchase(at_least(rule, "notional", notional, limit))
