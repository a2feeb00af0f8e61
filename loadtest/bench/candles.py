"""Minute candles for back-tests, the same for every tool. It needs numpy only."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

START_MS: Final = 1_704_067_200_000
MINUTE_MS: Final = 60_000
PRICE_UNIT: Final = 100
"""Prices are integers of hundredths."""
STEP: Final = 0.0005
FIRST_PRICE: Final = 300_000


class Prices(NamedTuple):
    """Columns in hundredths, int64."""

    open: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    close: npt.NDArray[np.int64]


def random_prices(bars: int, seed: int = 1) -> Prices:
    """Return a random walk of two digits, each bar opening where the one before closed."""
    walk = np.random.default_rng(seed).normal(0, STEP, bars)
    close = np.rint(FIRST_PRICE * np.exp(np.cumsum(walk))).astype(np.int64)
    opened = np.concatenate((close[:1], close[:-1]))
    return Prices(opened, np.maximum(opened, close), np.minimum(opened, close), close)
