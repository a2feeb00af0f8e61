"""No lock rests on the pair."""

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.state import HALTED, LOCK, explain, is_in_force
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed, passed


def locked(judgement: Judgement) -> Finding | None:
    """Fail while a lock lets the pair rest."""
    book = judgement.book
    if not is_in_force(book, LOCK):
        return None
    if book.state != HALTED and judgement.only_reduces:
        return passed(RiskRejectionReason.LOCKED)
    return failed(
        RiskRejectionReason.LOCKED,
        explain(book, "locked"),
        value=book.state,
        scope=book.state_scope,
    )
