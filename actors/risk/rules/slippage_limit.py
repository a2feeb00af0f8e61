"""An order does not allow too much slippage."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most


def slippage_limit(screening: Screening) -> Finding | None:
    """Fail above the largest fraction of a quote that an order may give away."""
    limit = screening.limit("max_slippage")
    if limit is None:
        return None
    return at_most(
        RiskRejectionReason.SLIPPAGE_LIMIT,
        "max_slippage",
        screening.intent.constraints.max_slippage,
        limit,
    )
