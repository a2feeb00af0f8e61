"""An order is not too small."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_least


def order_size_minimum(screening: Screening) -> Finding | None:
    """Fail below the least amount of an order, in whole tokens."""
    limit = screening.limit("min_order_amount", screening.intent.base.symbol)
    if limit is None:
        return None
    return at_least(
        RiskRejectionReason.ORDER_SIZE_MINIMUM, "amount", screening.intent.amount, limit
    )
