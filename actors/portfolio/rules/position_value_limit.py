"""A portfolio does not hold a token for too much money."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_most


def position_value_limit(judgement: Judgement) -> Finding | None:
    """Fail when what it may come to hold of base is worth more than it may be."""
    limit = judgement.limit("max_position_usd", USD)
    if limit is None or judgement.only_reduces:
        return None
    value = judgement.at_price(judgement.position_amount)
    return at_most(RiskRejectionReason.POSITION_LIMIT, "the position", value, limit)
