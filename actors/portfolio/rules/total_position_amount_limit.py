"""All portfolios together do not hold too much of a token."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def total_position_amount_limit(judgement: Judgement) -> Finding | None:
    """Fail when they may come to hold more whole tokens of base than they may."""
    limit = judgement.limit("max_total_position_amount", judgement.intent.base.symbol)
    if limit is None or not judgement.buys:
        return None
    value = judgement.total_amount
    return at_most(
        RiskRejectionReason.POSITION_LIMIT, "the position of all portfolios", value, limit
    )
