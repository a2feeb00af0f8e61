"""An order is worth enough."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_least


def notional_minimum(screening: Screening) -> Finding | None:
    """Fail below the least value of an order; that there is no price is another rule's matter."""
    limit, notional = screening.limit("min_notional_usd", USD), screening.notional_usd
    if limit is None or notional is None:
        return None
    return at_least(RiskRejectionReason.NOTIONAL_MINIMUM, "notional", notional, limit)
