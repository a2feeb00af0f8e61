"""A portfolio's intents do not come too fast."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def rate_limit(judgement: Judgement) -> Finding | None:
    """Fail when the window already holds as many approvals as it may."""
    limit = judgement.limit("max_intents_per_minute")
    if limit is None:
        return None
    count = judgement.book.recent_intents + 1
    return at_most(RiskRejectionReason.RATE_LIMIT, "intents within a minute:", count, limit)
