"""An order's amount is a multiple of the lot."""

from actors.risk.screening import Screening
from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed

RULE = RiskRejectionReason.LOT_SIZE


def lot_size(screening: Screening) -> Finding | None:
    """Fail for an amount that is no multiple of the lot."""
    lot, amount = screening.limits.lot_amount, screening.intent.amount
    if lot is None:
        return None
    scope, symbol = screening.limits.scope_of("lot_amount"), screening.intent.base.symbol
    value, limit = f"{amount:f} {symbol}", f"{lot:f} {symbol}"
    if not EXACT.remainder(amount, lot):
        return Finding(RiskCheck(rule=RULE, passed=True, value=value, limit=limit, scope=scope))
    detail = f"amount {value} is no multiple of {limit} ({scope})"
    return failed(RULE, detail, value=value, limit=limit, scope=scope)
