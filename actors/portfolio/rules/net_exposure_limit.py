"""A portfolio's exposure is not too one-sided."""

from decimal import Decimal

from actors.portfolio.judgement import Judgement, rounded_usd
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_most


def net_exposure_limit(judgement: Judgement) -> Finding | None:
    """Fail when the values of its tokens may add up to too much on either side."""
    limit = judgement.limit("max_net_exposure_usd", USD)
    if limit is None or judgement.only_reduces:
        return None
    return at_most(RiskRejectionReason.NET_EXPOSURE_LIMIT, "net exposure", _net(judgement), limit)


def _net(judgement: Judgement) -> Decimal | None:
    """Return how far from nothing it may get; what is approved may all go the same way."""
    net, claimed, worst = judgement.book.net_usd, judgement.book.claimed_usd, judgement.worst_usd
    if net is None:
        return None
    return rounded_usd(abs(net + claimed + worst if judgement.buys else net - claimed - worst))
