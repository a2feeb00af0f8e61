"""Writes numbers as the exchange does: decimal strings, prices of five significant figures."""

import math
from decimal import Decimal

PRICE_FIGURES = 5


def price(value: float, figures: int = PRICE_FIGURES) -> str:
    """Return a price; whole numbers keep all their digits."""
    if value >= 10**figures:
        return f"{round(value)}.0" if figures == PRICE_FIGURES else f"{_rounded(value, figures)}.0"
    decimals = max(0, figures - 1 - math.floor(math.log10(value)))
    return plain(f"{value:.{decimals}f}")


def size(value: float, decimals: int) -> str:
    """Return a quantity."""
    return plain(f"{value:.{decimals}f}")


def plain(text: str) -> str:
    """Return a decimal with one place at least, and no zeros after what counts."""
    number = Decimal(text).normalize()
    shown = format(number, "f")
    return shown if "." in shown else f"{shown}.0"


def step(value: float, figures: int) -> float:
    """Return the distance between two prices of so many significant figures."""
    return float(10 ** (math.floor(math.log10(value)) - figures + 1))


def _rounded(value: float, figures: int) -> int:
    unit = step(value, figures)
    return round(round(value / unit) * unit)
