"""The pair may still be traded."""

from typing import Final

from actors.portfolio.approval import Approval
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed, passed
from tradewind.trading.policy.risk_policy import REGISTRY

REASONS: Final = {
    "unknown": RiskRejectionReason.INSTRUMENT_UNKNOWN,
    "disabled": RiskRejectionReason.INSTRUMENT_DISABLED,
    "reduce_only": RiskRejectionReason.INSTRUMENT_REDUCE_ONLY,
}


def instrument_enabled(approval: Approval) -> Finding | None:
    """Fail when the registry took the pair out of trading while the intent waited.

    Whether a sale only reduces is a rule of the portfolio's own.
    """
    status, intent = approval.limits.instrument_status, approval.intent
    if status is None:
        return passed(RiskRejectionReason.INSTRUMENT_DISABLED)
    if status == "reduce_only" and intent.intent_type == "dispose":
        return None
    detail = f"{intent.instrument} is {status} by now"
    return failed(REASONS[status], detail, value=status, scope=REGISTRY)
