"""The prices of an order are near those of the last minutes."""

from decimal import ROUND_CEILING, Decimal

from actors.risk.screening import Screening
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.limit_names import MAX_BPS
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.trading.policy.findings import Finding, at_most
from tradewind.trading.pricing.pools.price_agreement import moved_fraction
from tradewind.trading.pricing.pools.price_quote import PriceQuote

STEP = Decimal("0.01")


def price_collar(screening: Screening) -> Finding | None:
    """Fail for a price that is far from the median of the pool's last ten minutes.

    A pool that nobody has seen for a minute has no such median, and then the rule fails too.
    """
    limit, known = screening.limit("price_collar_bps", "bps"), screening.prices.known
    if limit is None or not known:
        return None
    moves = [_move_bps(price) for price in known]
    worst = None if None in moves else max(move for move in moves if move is not None)
    what = "the distance from the price of the last minutes"
    return at_most(RiskRejectionReason.PRICE_COLLAR, what, worst, limit)


def _move_bps(price: PriceQuote) -> Decimal | None:
    if price.moved_ticks is None:
        return None
    exact = PRICE.multiply(moved_fraction(price.moved_ticks), Decimal(MAX_BPS))
    return exact.quantize(STEP, rounding=ROUND_CEILING, context=PRICE)
