"""Support and resistance: the prices at which the market turned before.

A turning point is a fractal of five candles (Bill Williams, Trading Chaos, 1995): a high above
those of the two candles before it, and not below those of the two after it; lows likewise. Turning
points close to each other are one level, and a level's touches are how many it is made of.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.precision import PRICE
from tradewind.contracts.signals.features import PriceLevel
from tradewind.trading.indicators.rounding import known

REACH: Final = 2
"""Candles on each side of a turning point."""


class Levels(NamedTuple):
    """Levels on each side of a price, nearest first."""

    support: tuple[PriceLevel, ...]
    resistance: tuple[PriceLevel, ...]


def turning_points(highs: Sequence[Decimal], lows: Sequence[Decimal]) -> list[Decimal]:
    """Return the prices of all turning points, ascending."""
    lowest = (-price for price in _peaks([-low for low in lows]))
    return sorted([*_peaks(highs), *lowest])


def price_levels(prices: Sequence[Decimal], widest: Decimal) -> tuple[PriceLevel, ...]:
    """Return levels, ascending, from turning points, ascending.

    Prices within `widest` of the lowest of a level belong to it, and its price is their mean.
    """
    groups: list[list[Decimal]] = []
    for price in prices:
        if groups and price - groups[-1][0] <= widest:
            groups[-1].append(price)
        else:
            groups.append([price])
    return tuple(
        PriceLevel(
            price=known(PRICE.divide(sum(group, Decimal(0)), len(group))), touches=len(group)
        )
        for group in groups
    )


def nearest(levels: Sequence[PriceLevel], price: Decimal, count: int) -> Levels:
    """Return at most `count` levels at or below a price, and at most as many above it."""
    below = [level for level in levels if level.price <= price]
    above = [level for level in levels if level.price > price]
    return Levels(tuple(reversed(below[-count:])) if count else (), tuple(above[:count]))


def _peaks(values: Sequence[Decimal]) -> Iterator[Decimal]:
    for index in range(REACH, len(values) - REACH):
        value = values[index]
        before = values[index - REACH : index]
        after = values[index + 1 : index + 1 + REACH]
        if value > max(before) and value >= max(after):
            yield value
