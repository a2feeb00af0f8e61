"""A price that an intent names is a multiple of the instrument's tick.

A pool trades at any price, so the only prices that somebody sets are those of success criteria.
"""

from actors.risk.screening import Screening
from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, multiple_of

PRICE = "price"


def tick_size(screening: Screening) -> Finding | None:
    """Fail for the first price that lies between two ticks."""
    intent = screening.intent
    limit = screening.limit("price_tick", intent.quote.symbol)
    prices = [one.threshold for one in intent.success_criteria if one.metric == PRICE]
    if limit is None or not prices:
        return None
    odd = (one for one in prices if EXACT.remainder(one, limit.value))
    return multiple_of(RiskRejectionReason.TICK_SIZE, "price", next(odd, prices[0]), limit)
