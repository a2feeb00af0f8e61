"""The wallet is not frozen."""

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.state import HALTED, WALLET, explain, is_in_force
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed, passed


def wallet_frozen(judgement: Judgement) -> Finding | None:
    """Fail while the wallet that would sign is stopped: its balance is not what it should be."""
    book = judgement.book
    if not is_in_force(book, WALLET):
        return None
    if book.state != HALTED and judgement.only_reduces:
        return passed(RiskRejectionReason.WALLET_FROZEN)
    return failed(
        RiskRejectionReason.WALLET_FROZEN,
        explain(book, "frozen"),
        value=book.state,
        scope=book.state_scope,
    )
