"""An order is not worth too much."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_most


def notional_limit(screening: Screening) -> Finding | None:
    """Fail above the largest value of an order; that there is no price is another rule's matter."""
    limit, notional = screening.limit("max_notional_usd", USD), screening.notional_usd
    if limit is None or notional is None:
        return None
    return at_most(RiskRejectionReason.NOTIONAL_LIMIT, "notional", notional, limit)
