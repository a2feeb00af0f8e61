"""An order is not sent twice."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_least, passed


def duplicate_intent(judgement: Judgement) -> Finding | None:
    """Fail soon after the same side, pair and amount was approved for the portfolio."""
    limit, same_intent_at = (
        judgement.limit("duplicate_window_seconds", "s"),
        judgement.book.same_intent_at,
    )
    if limit is None:
        return None
    if same_intent_at is None:
        return passed(RiskRejectionReason.DUPLICATE_INTENT)
    seconds = int((judgement.now - same_intent_at).total_seconds())
    return at_least(
        RiskRejectionReason.DUPLICATE_INTENT,
        "the time since the same order was approved",
        seconds,
        limit,
    )
