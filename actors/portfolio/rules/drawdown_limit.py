"""Nothing is bought after too deep a fall of equity."""

from actors.portfolio.judgement import Judgement
from tradewind.trading.policy.findings import Finding
from tradewind.trading.policy.loss_rules import drawdown


def drawdown_limit(judgement: Judgement) -> Finding | None:
    """Fail for all but a sale of what is held once equity fell too far from its peak."""
    return None if judgement.only_reduces else drawdown(judgement.limits, judgement.book)
