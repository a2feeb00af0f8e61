"""Nothing is bought while trading only reduces."""

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.state import REDUCING, explain, forbids
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed, passed


def trading_reducing(judgement: Judgement) -> Finding | None:
    """Fail for all but a sale of what is held while trading is to make positions smaller."""
    book = judgement.book
    if not forbids(book, REDUCING):
        return None
    if judgement.only_reduces:
        return passed(RiskRejectionReason.TRADING_REDUCING)
    return failed(
        RiskRejectionReason.TRADING_REDUCING,
        explain(book, "reducing: only what is held may be sold"),
        value=book.state,
        scope=book.state_scope,
    )
