"""There is a price that is not too old."""

from actors.portfolio.approval import Approval
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed, passed


def price_unavailable(approval: Approval) -> Finding | None:
    """Fail when no fresh and believable price is known any more."""
    rule, base = RiskRejectionReason.PRICE_UNAVAILABLE, approval.intent.base
    if approval.price_usd is not None:
        return passed(rule)
    return failed(rule, f"no fresh price of {base.symbol} is known now that it is approved")
