"""An order is not too large."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def order_size_limit(screening: Screening) -> Finding | None:
    """Fail above the largest amount of an order, in whole tokens."""
    limit = screening.limit("max_order_amount", screening.intent.base.symbol)
    if limit is None:
        return None
    return at_most(RiskRejectionReason.ORDER_SIZE_LIMIT, "amount", screening.intent.amount, limit)
