"""EMA, MACD, RSI and ATR by TA-Lib, without its traps.

Arrays go in and come out whole: a value for each candle, NaN where there is none yet. TA-Lib takes
floats only, lets one NaN poison all that follows, and calls moves zero that are smaller than 1e-14;
so series are checked, and prices are scaled by a power of two, which changes no digit.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np
import talib
from numpy.typing import NDArray

MIN_PERIOD: Final = 2

Floats = NDArray[np.float64]


class InvalidSeries(ValueError):
    """A series has no indicators; the text names the column and what is wrong with it."""


class Macd(NamedTuple):
    """Moving average convergence divergence: the line, its signal, and their difference."""

    line: Floats
    signal: Floats
    histogram: Floats


def to_prices(values: Sequence[Decimal | float], column: str) -> Floats:
    """Return prices as an array; InvalidSeries when one is not finite or not positive."""
    array = np.array([float(value) for value in values], dtype=np.float64)
    if not np.isfinite(array).all():
        raise InvalidSeries(f"{column}: must be finite")
    if (array <= 0.0).any():
        raise InvalidSeries(f"{column}: must be positive")
    return array


def ema(closes: Floats, period: int) -> Floats:
    """Return the exponential moving average, begun with the mean of the first `period` closes."""
    result: Floats = talib.EMA(closes, timeperiod=_checked(period))
    return result


def macd(closes: Floats, fast: int, slow: int, signal: int) -> Macd:
    """Return MACD; both averages begin at candle `slow`, and values at `slow + signal - 1`."""
    if not MIN_PERIOD <= fast < slow:
        raise ValueError("fast: must be at least 2 and less than slow")
    return Macd(*talib.MACD(closes, fast, slow, _checked(signal)))


def rsi(closes: Floats, period: int) -> Floats:
    """Return the relative strength index by Wilder's smoothing, 0 to 100.

    A series that stands still has none: it is NaN, where TA-Lib says 0.
    """
    result: Floats = talib.RSI(_scaled(closes), timeperiod=_checked(period))
    moves = np.diff(closes, prepend=closes[:1])
    has_risen = np.maximum.accumulate(moves > 0.0) if moves.size else moves.astype(bool)
    has_moved = np.maximum.accumulate(moves != 0.0) if moves.size else has_risen
    # Where it rose before, 0 is what TA-Lib says of moves that are too small to be seen.
    result[(result == 0.0) & (has_risen | ~has_moved)] = np.nan
    return result


def atr(highs: Floats, lows: Floats, closes: Floats, period: int) -> Floats:
    """Return the average true range by Wilder's smoothing, in the unit of prices.

    It begins with the mean of the true ranges of candles 2 to `period + 1`: the first has none.
    """
    result: Floats = talib.ATR(highs, lows, closes, timeperiod=_checked(period))
    return result


def _scaled(prices: Floats) -> Floats:
    """Return prices between 0 and 1, divided by a power of two."""
    if not prices.size:
        return prices
    _, exponent = np.frexp(prices.max())
    scaled: Floats = np.ldexp(prices, -exponent)
    return scaled


def _checked(period: int) -> int:
    if period < MIN_PERIOD:
        raise ValueError(f"period: must be at least {MIN_PERIOD}")
    return period
