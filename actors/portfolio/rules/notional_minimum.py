"""A sale is worth enough, unless it is of all that is left."""

from actors.portfolio.judgement import Judgement
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import USD, Finding, at_least


def notional_minimum(judgement: Judgement) -> Finding | None:
    """Fail for a sale of a part below the least value of an order."""
    limit, notional = (
        judgement.order_limit("min_notional_usd", USD),
        judgement.screened.notional_usd,
    )
    if limit is None or judgement.buys:
        return None
    rule = RiskRejectionReason.NOTIONAL_MINIMUM
    return judgement.of_a_part(at_least(rule, "notional", notional, limit))
