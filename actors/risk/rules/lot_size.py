"""An order's amount is a multiple of the lot."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, multiple_of


def lot_size(screening: Screening) -> Finding | None:
    """Fail for a purchase of an amount that is no multiple of the lot."""
    limit = screening.limit("lot_amount", screening.intent.base.symbol)
    if limit is None:
        return None
    rule, amount = RiskRejectionReason.LOT_SIZE, screening.intent.amount
    return screening.of_a_purchase(multiple_of(rule, "amount", amount, limit))
