"""The pair is an instrument."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed
from tradewind.trading.policy.risk_policy import REGISTRY


def instrument_unknown(screening: Screening) -> Finding | None:
    """Fail for a pair that the registry of instruments does not know."""
    limits = screening.limits
    if limits.instrument_status != "unknown":
        return None
    instrument = screening.intent.instrument
    return failed(
        RiskRejectionReason.INSTRUMENT_UNKNOWN,
        f"{instrument} is no instrument of the registry",
        value=instrument,
        scope=REGISTRY,
    )
