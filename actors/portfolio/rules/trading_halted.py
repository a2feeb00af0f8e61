"""Trading is not halted."""

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.state import HALTED, explain, forbids
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed


def trading_halted(judgement: Judgement) -> Finding | None:
    """Fail while anything that concerns the intent is halted."""
    book = judgement.book
    if not forbids(book, HALTED):
        return None
    return failed(
        RiskRejectionReason.TRADING_HALTED,
        explain(book, "halted"),
        value=book.state,
        scope=book.state_scope,
    )
