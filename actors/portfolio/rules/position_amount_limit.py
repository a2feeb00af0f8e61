"""A portfolio does not hold too much of a token."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def position_amount_limit(judgement: Judgement) -> Finding | None:
    """Fail when it may come to hold more whole tokens of base than it may."""
    limit = judgement.limit("max_position_amount", judgement.intent.base.symbol)
    if limit is None or judgement.only_reduces:
        return None
    value = judgement.position_amount
    return at_most(RiskRejectionReason.POSITION_LIMIT, "the position", value, limit)
