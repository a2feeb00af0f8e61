"""The tokens of an order have a price that can be believed."""

from actors.risk.screening import Screening
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, failed, passed
from tradewind.trading.pricing.pools.price_quote import NoPrice


def price_unavailable(screening: Screening) -> Finding | None:
    """Fail without a fresh price of base, or where the pools of quote contradict each other.

    A quote token without a pool is the planner's matter.
    """
    intent, (base, quote) = screening.intent, screening.prices
    for token, price in ((intent.base, base), (intent.quote, quote)):
        if isinstance(price, NoPrice) and (token == intent.base or price.why):
            detail = price.explain(token.symbol)
            return failed(RiskRejectionReason.PRICE_UNAVAILABLE, detail, value=token.symbol)
    return passed(RiskRejectionReason.PRICE_UNAVAILABLE)
