"""A sale is not too small, unless it is of all that is left."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_least


def order_size_minimum(judgement: Judgement) -> Finding | None:
    """Fail for a sale of a part below the least amount of an order, in whole tokens."""
    intent = judgement.intent
    limit = judgement.order_limit("min_order_amount", intent.base.symbol)
    if limit is None or judgement.buys:
        return None
    rule = RiskRejectionReason.ORDER_SIZE_MINIMUM
    return judgement.of_a_part(at_least(rule, "amount", intent.amount, limit))
