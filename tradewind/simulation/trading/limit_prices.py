"""Limit prices of orders, as the slippage that an intent may allow.

An intent has no limit price: what holds a price is what its plan must yield. So an order with a
limit is an intent that allows less slippage, and planner, venue and histories need no more.
"""

from decimal import Decimal
from typing import Final

from tradewind.contracts.precision import EXACT
from tradewind.contracts.wire import MAX_DECIMAL_FRACTION_DIGITS
from tradewind.simulation.inputs import Side
from tradewind.simulation.records import Pair

LIMIT_PRICE: Final = "LIMIT_PRICE"
"""The reason of an order whose best plan is worse than its limit: no intent is made of it."""
SLIPPAGE_DIGITS: Final = MAX_DECIMAL_FRACTION_DIGITS


def least_out(limit_price: Decimal, pair: Pair, side: Side, amount_in: int) -> int:
    """Return what base units of the token paid must yield to keep a limit price, rounded up.

    The price is units of quote per whole base: the most that a purchase pays, the least that a
    sale yields.
    """
    numerator, denominator = limit_price.as_integer_ratio()
    quote_unit: int = 10**pair.quote.decimals
    base_unit: int = 10**pair.base.decimals
    numerator, denominator = numerator * quote_unit, denominator * base_unit
    if side == "acquire":
        return -(-amount_in * denominator // numerator)
    return -(-amount_in * numerator // denominator)


def slippage_to(least: int, expected: int) -> Decimal:
    """Return the largest slippage that still yields `least` of what is expected, rounded down."""
    lost = Decimal((expected - least) * 10**SLIPPAGE_DIGITS // expected)
    return lost.scaleb(-SLIPPAGE_DIGITS, context=EXACT).normalize(EXACT)
