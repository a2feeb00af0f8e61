"""Rounds what is computed, so that equal inputs give equal text on every machine.

The last bits of a float differ between processors; six significant digits do not.
"""

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

SIGNIFICANT_DIGITS: Final = 6
MAX_FRACTION_DIGITS: Final = 36
"""Of a decimal on the wire; what is smaller is zero."""
_ROUNDING: Final = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN)
_SMALLEST: Final = Decimal(1).scaleb(-MAX_FRACTION_DIGITS)


def rounded(value: Decimal | float) -> Decimal | None:
    """Return a value with six significant digits and no trailing zeros; None for NaN, infinity."""
    if not math.isfinite(value):
        return None
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    short = exact.normalize(_ROUNDING)
    if abs(short) < _SMALLEST:
        return Decimal(0)
    exponent = short.as_tuple().exponent
    assert isinstance(exponent, int), "it is finite"
    if exponent < -MAX_FRACTION_DIGITS:
        return short.quantize(_SMALLEST, context=_ROUNDING).normalize(_ROUNDING)
    return short


def known(value: Decimal) -> Decimal:
    """Return a finite value with six significant digits."""
    short = rounded(value)
    assert short is not None, "it is finite"
    return short
