"""A pair that was sold is not bought again at once."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_least, passed


def cooldown(judgement: Judgement) -> Finding | None:
    """Fail for a purchase soon after a sale of the pair."""
    limit, last_exit_at = judgement.limit("cooldown_seconds", "s"), judgement.book.last_exit_at
    if limit is None or not judgement.buys:
        return None
    if last_exit_at is None:
        return passed(RiskRejectionReason.COOLDOWN)
    seconds = int((judgement.now - last_exit_at).total_seconds())
    return at_least(
        RiskRejectionReason.COOLDOWN, "the time since the pair was sold", seconds, limit
    )
