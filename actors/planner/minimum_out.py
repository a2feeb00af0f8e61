"""What a swap must yield at least: the slippage an intent allows, taken off what is expected."""

from decimal import Decimal
from math import ceil

from tradewind.contracts.precision import EXACT


def minimum_after_slippage(amount: int, max_slippage: Decimal) -> int:
    """Return amount x (1 - max_slippage) in base units, rounded up: never less than was asked.

    Of a few base units, rounding down would give away much more than the slippage.
    """
    return ceil(EXACT.multiply(Decimal(amount), EXACT.subtract(Decimal(1), max_slippage)))
