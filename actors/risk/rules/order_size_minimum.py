"""An order is not too small."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_least


def order_size_minimum(screening: Screening) -> Finding | None:
    """Fail for a purchase below the least amount of an order, in whole tokens."""
    limit = screening.limit("min_order_amount", screening.intent.base.symbol)
    if limit is None:
        return None
    rule, amount = RiskRejectionReason.ORDER_SIZE_MINIMUM, screening.intent.amount
    return screening.of_a_purchase(at_least(rule, "amount", amount, limit))
