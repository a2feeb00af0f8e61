"""Prices as a pure function of seed, coin and time, so that history is the same whenever asked."""

import hashlib
import math
from typing import Final

DAILY_VOLATILITY: Final = 0.03
DAY_SECONDS: Final = 86_400.0
PERIODS_SECONDS: Final = (
    *(30 * DAY_SECONDS, 7 * DAY_SECONDS, 2 * DAY_SECONDS, 12 * 3_600.0),
    *(3 * 3_600.0, 2_700.0, 700.0, 180.0, 40.0),
)
"""Waves of these lengths are added, each as high as a random walk goes in its time."""


def noise(*key: object) -> float:
    """Return a number between 0 and 1 that depends on nothing but the key."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Walk:
    """The logarithm of a price over time, Unix seconds."""

    def __init__(self, seed: int, coin: str) -> None:
        self._key = (seed, coin)
        self._knots: dict[tuple[float, int], float] = {}

    def at(self, second: float) -> float:
        """Return the logarithm at a time; its differences are what has a meaning."""
        return sum(self._wave(period, second) for period in PERIODS_SECONDS)

    def _wave(self, period: float, second: float) -> float:
        number = math.floor(second / period)
        part = second / period - number
        smooth = part * part * (3 - 2 * part)
        low, high = self._knot(period, number), self._knot(period, number + 1)
        height = DAILY_VOLATILITY * math.sqrt(period / DAY_SECONDS) / 2
        return height * (low + (high - low) * smooth)

    def _knot(self, period: float, number: int) -> float:
        known = self._knots.get((period, number))
        if known is None:
            if len(self._knots) > 200_000:
                self._knots.clear()
            known = 2 * noise(*self._key, period, number) - 1
            self._knots[period, number] = known
        return known
