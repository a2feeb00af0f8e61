"""A sale of an instrument that may only be sold is one of what is held."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed, passed
from tradewind.trading.policy.risk_policy import REGISTRY


def instrument_reduce_only(judgement: Judgement) -> Finding | None:
    """Fail for a sale of more than is held of an instrument that the registry only lets reduce."""
    limits = judgement.screened.inputs.limits
    if limits.instrument_status != "reduce_only":
        return None
    rule = RiskRejectionReason.INSTRUMENT_REDUCE_ONLY
    if judgement.only_reduces:
        return passed(rule)
    return failed(
        rule,
        f"of {judgement.intent.instrument} only what is held may be sold",
        value=limits.instrument_status,
        scope=REGISTRY,
    )
