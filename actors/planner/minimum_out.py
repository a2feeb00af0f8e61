"""What a swap must yield at least: the slippage an intent allows, taken off what is expected."""

from decimal import Decimal

from tradewind.contracts.precision import EXACT


def minimum_after_slippage(amount: int, max_slippage: Decimal) -> int:
    """Return amount x (1 - max_slippage) in base units, rounded down."""
    return int(EXACT.multiply(Decimal(amount), EXACT.subtract(Decimal(1), max_slippage)))
