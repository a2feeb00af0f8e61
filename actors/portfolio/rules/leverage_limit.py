"""A portfolio's exposure is not too large for its equity."""

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.ratio import ratio
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def leverage_limit(judgement: Judgement) -> Finding | None:
    """Fail when gross exposure may come to be too large a multiple of equity."""
    limit = judgement.limit("max_leverage")
    if limit is None or judgement.only_reduces:
        return None
    gross = judgement.with_claims(judgement.book.gross_usd)
    leverage = ratio(gross, judgement.book.equity_usd)
    return at_most(RiskRejectionReason.LEVERAGE_LIMIT, "leverage", leverage, limit)
