"""It allows no more slippage than may be allowed."""

from actors.portfolio.approval import Approval
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def slippage_limit(approval: Approval) -> Finding | None:
    """Fail when it allows more slippage than the limit that is in force by now."""
    limit = approval.limit("max_slippage")
    assert limit is not None
    value = approval.intent.constraints.max_slippage
    return at_most(RiskRejectionReason.SLIPPAGE_LIMIT, "max_slippage", value, limit)
