"""A portfolio's exposure is not too large."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_most


def gross_exposure_limit(judgement: Judgement) -> Finding | None:
    """Fail when the values of its tokens may add up to too much, whatever their signs."""
    limit = judgement.limit("max_gross_exposure_usd", USD)
    if limit is None or judgement.only_reduces:
        return None
    value = judgement.with_claims(judgement.book.gross_usd)
    return at_most(RiskRejectionReason.GROSS_EXPOSURE_LIMIT, "gross exposure", value, limit)
