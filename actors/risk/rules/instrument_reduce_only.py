"""The instrument may be bought."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed, passed
from tradewind.trading.policy.risk_policy import REGISTRY


def instrument_reduce_only(screening: Screening) -> Finding | None:
    """Fail for a purchase of an instrument that may only be sold.

    Whether a sale makes a position smaller is for the portfolio stage to say, which knows it.
    """
    limits, intent = screening.limits, screening.intent
    if limits.instrument_status != "reduce_only":
        return None
    if intent.intent_type == "dispose":
        return passed(RiskRejectionReason.INSTRUMENT_REDUCE_ONLY)
    return failed(
        RiskRejectionReason.INSTRUMENT_REDUCE_ONLY,
        f"of {intent.instrument} only what is held may be sold",
        value=limits.instrument_status,
        scope=REGISTRY,
    )
