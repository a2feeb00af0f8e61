"""At the present price it is worth no more than may be ordered."""

from actors.portfolio.approval import Approval
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_most


def notional_limit(approval: Approval) -> Finding | None:
    """Fail when it is worth more than the limit that is in force by now."""
    limit = approval.limit("max_notional_usd", USD)
    assert limit is not None
    return at_most(RiskRejectionReason.NOTIONAL_LIMIT, "notional", approval.notional_usd, limit)
