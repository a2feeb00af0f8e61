"""The price has not gone too far from the one that a person was shown."""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from actors.portfolio.approval import Approval
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.limit_names import MAX_BPS
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, Limit, at_most

STEP: Final = Decimal("0.01")
UNIT: Final = "bps"


def price_collar(approval: Approval) -> Finding | None:
    """Fail when the price moved by more than the collar, or else by more than a plan may cost.

    What it may spend and has to yield follows from the price it was screened at.
    """
    limit, now, then = _limit(approval), approval.price_usd, approval.screened.price_usd
    if limit is None or now is None:
        return None
    moved = PRICE.divide(PRICE.multiply(abs(now - then), Decimal(MAX_BPS)), then)
    value = moved.quantize(STEP, ROUND_CEILING, context=PRICE)
    return at_most(RiskRejectionReason.PRICE_COLLAR, "the price has moved by", value, limit)


def _limit(approval: Approval) -> Limit | None:
    impact = approval.limits.max_price_impact
    if approval.limits.price_collar_bps is not None or impact is None:
        return approval.limit("price_collar_bps", UNIT)
    bps = PRICE.multiply(impact, Decimal(MAX_BPS)).normalize(PRICE)
    return Limit(bps, UNIT, approval.limits.scope_of("max_price_impact"))
