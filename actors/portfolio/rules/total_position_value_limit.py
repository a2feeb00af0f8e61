"""All portfolios together do not hold a token for too much money."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_most


def total_position_value_limit(judgement: Judgement) -> Finding | None:
    """Fail when what they may come to hold of base is worth more than it may be."""
    limit = judgement.limit("max_total_position_usd", USD)
    if limit is None or not judgement.buys:
        return None
    value = judgement.at_price(judgement.total_amount)
    return at_most(
        RiskRejectionReason.POSITION_LIMIT, "the position of all portfolios", value, limit
    )
