"""The instrument may be traded."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed
from tradewind.trading.policy.risk_policy import REGISTRY


def instrument_disabled(screening: Screening) -> Finding | None:
    """Fail for an instrument that an operator has disabled."""
    limits = screening.limits
    if limits.instrument_status != "disabled":
        return None
    return failed(
        RiskRejectionReason.INSTRUMENT_DISABLED,
        f"{screening.intent.instrument} is disabled",
        value=limits.instrument_status,
        scope=REGISTRY,
    )
