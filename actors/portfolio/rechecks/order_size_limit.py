"""The amount is still one that may be ordered."""

from actors.portfolio.approval import Approval
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def order_size_limit(approval: Approval) -> Finding | None:
    """Fail when it is more than may be ordered by now."""
    limit = approval.limit("max_order_amount", approval.intent.base.symbol)
    if limit is None:
        return None
    return at_most(RiskRejectionReason.ORDER_SIZE_LIMIT, "amount", approval.intent.amount, limit)
