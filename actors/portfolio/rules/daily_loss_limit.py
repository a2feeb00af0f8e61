"""Nothing is bought after too large a loss in a day."""

from actors.portfolio.judgement import Judgement
from tradewind.trading.policy.findings import Finding
from tradewind.trading.policy.loss_rules import daily_loss


def daily_loss_limit(judgement: Judgement) -> Finding | None:
    """Fail for all but a sale of what is held once today's loss exceeds its limit."""
    return None if judgement.only_reduces else daily_loss(judgement.limits, judgement.book)
