"""A sale's amount is a multiple of the lot, or all that is left."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, multiple_of


def lot_size(judgement: Judgement) -> Finding | None:
    """Fail for a sale of a part that is no multiple of the lot."""
    limit = judgement.order_limit("lot_amount", judgement.intent.base.symbol)
    if limit is None or judgement.buys:
        return None
    rule = RiskRejectionReason.LOT_SIZE
    return judgement.of_a_part(multiple_of(rule, "amount", judgement.intent.amount, limit))
