"""Nothing is bought after too many losses in a row."""

from actors.portfolio.judgement import Judgement
from tradewind.trading.policy.findings import Finding
from tradewind.trading.policy.loss_rules import losses_in_a_row


def consecutive_losses(judgement: Judgement) -> Finding | None:
    """Fail for all but a sale of what is held once so many exits in a row lost money."""
    return None if judgement.only_reduces else losses_in_a_row(judgement.limits, judgement.book)
