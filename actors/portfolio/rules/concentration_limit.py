"""A portfolio does not put too much into one token."""

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules.ratio import ratio
from tradewind.contracts.risk.limit_names import MAX_BPS
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def concentration_limit(judgement: Judgement) -> Finding | None:
    """Fail when base may come to be too large a part of equity."""
    limit = judgement.limit("max_concentration_bps", "bps")
    if limit is None or judgement.only_reduces:
        return None
    value = judgement.at_price(judgement.position_amount)
    share = ratio(value, judgement.book.equity_usd, MAX_BPS)
    return at_most(RiskRejectionReason.CONCENTRATION_LIMIT, "the part of equity", share, limit)
