"""A portfolio does not have too many intents under way."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def open_intents_limit(judgement: Judgement) -> Finding | None:
    """Fail when as many approved intents as there may be have not ended."""
    limit = judgement.limit("max_open_intents")
    if limit is None:
        return None
    count = judgement.book.open_intents + 1
    return at_most(RiskRejectionReason.OPEN_INTENTS_LIMIT, "open intents:", count, limit)
