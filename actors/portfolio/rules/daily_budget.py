"""A day's budget of notional is not exceeded."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_most


def daily_budget(judgement: Judgement) -> Finding | None:
    """Fail when what was approved today, with this intent, is worth more than the budget."""
    limit = judgement.limit("daily_budget_usd", USD)
    if limit is None or judgement.only_reduces:
        return None
    value = judgement.book.day_notional_usd + judgement.screened.notional_usd
    return at_most(RiskRejectionReason.DAILY_BUDGET, "notional of today", value, limit)
