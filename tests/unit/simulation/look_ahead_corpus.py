"""Ten ways of looking ahead, and ten honest strategies that look alike."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import talib

from tradewind.simulation.inputs import Candles

type Columns = tuple[Any, Any, Any]
type Function = Callable[[Candles], Columns]
type Mask = npt.NDArray[np.bool_]


def _turns(mask: Mask) -> Columns:
    """Buy where a mask becomes true, sell where it ends."""
    rows = np.flatnonzero(np.diff(mask.astype(np.int8))) + 1
    return rows, np.where(mask[rows], 1, 0), None


def next_close(candles: Candles) -> Columns:
    """Buys before a rise: shift(-1)."""
    closes = candles.closes
    return _turns(np.append(closes[1:] > closes[:-1], False))


def whole_maximum(candles: Candles) -> Columns:
    """Buys in the lower half of a range that is known at the end only."""
    closes = candles.closes
    return _turns(closes < (closes.max() + closes.min()) / 2)


def whole_scaling(candles: Candles) -> Columns:
    """Scales by the minimum and maximum of all."""
    closes = candles.closes
    scaled = (closes - closes.min()) / (closes.max() - closes.min())
    return _turns(scaled > 0.6)


def whole_score(candles: Candles) -> Columns:
    """Standardises by the mean and deviation of all."""
    closes = candles.closes
    return _turns((closes - closes.mean()) / closes.std() < -0.5)


def centred_average(candles: Candles) -> Columns:
    """Smooths with a window that reaches as far ahead as back."""
    closes = candles.closes
    smooth = np.convolve(closes, np.ones(21) / 21, mode="same")
    return _turns(closes > smooth)


def fitted_trend(candles: Candles) -> Columns:
    """Fits one line through everything."""
    closes = candles.closes
    bars = np.arange(len(closes))
    slope, start = np.polyfit(bars, closes, 1)
    return _turns(closes < start + slope * bars)


def future_best(candles: Candles) -> Columns:
    """Buys at the hundred bars that rise most within ten bars."""
    closes = candles.closes
    gains = closes[10:] / closes[:-10]
    rows = np.sort(np.argsort(-gains, kind="stable")[:100])
    return rows, np.ones(len(rows), np.int8), None


def turning_points(candles: Candles) -> Columns:
    """Buys at bars that are lower than the bar before and the bar after."""
    closes = candles.closes
    lows = (closes[1:-1] < closes[:-2]) & (closes[1:-1] < closes[2:])
    rows = np.flatnonzero(lows) + 1
    return rows, np.ones(len(rows), np.int8), None


def knows_the_end(candles: Candles) -> Columns:
    """Sells at the last bar."""
    return np.array([0, len(candles) - 1]), np.array([1, 0]), None


def sized_by_the_future(candles: Candles) -> Columns:
    """Says the same bars, but how much depends on what comes."""
    rows = np.arange(0, len(candles) - 1, 50)
    later = candles.closes[np.minimum(rows + 50, len(candles) - 1)] > candles.closes[rows]
    return rows, np.ones(len(rows), np.int8), np.where(later, 0.9, 0.1)


def crossed_averages(candles: Candles) -> Columns:
    """Two averages of the past."""
    return _turns(talib.SMA(candles.closes, 5) > talib.SMA(candles.closes, 20))


def running_maximum(candles: Candles) -> Columns:
    """The highest close so far."""
    closes = candles.closes
    return _turns(closes >= np.maximum.accumulate(closes) * 0.99)


def running_scaling(candles: Candles) -> Columns:
    """Scales by the minimum and maximum so far."""
    closes = candles.closes
    low, high = np.minimum.accumulate(closes), np.maximum.accumulate(closes)
    return _turns((closes - low) > 0.6 * (high - low))


def rolling_score(candles: Candles) -> Columns:
    """Standardises by the last fifty bars."""
    closes = candles.closes
    score = (closes - talib.SMA(closes, 50)) / talib.STDDEV(closes, 50)
    return _turns(np.nan_to_num(score) < -1)


def trailing_average(candles: Candles) -> Columns:
    """Smooths with the past."""
    closes = candles.closes
    return _turns(closes > np.nan_to_num(talib.SMA(closes, 21), nan=np.inf))


def relative_strength(candles: Candles) -> Columns:
    """An oscillator of the past."""
    return _turns(np.nan_to_num(talib.RSI(candles.closes, 14), nan=50) < 30)


def past_best(candles: Candles) -> Columns:
    """Buys after the largest rise so far."""
    closes = candles.closes
    gains = np.append(np.zeros(10), closes[10:] / closes[:-10])
    rows = np.flatnonzero(gains[11:] > np.maximum.accumulate(gains)[10:-1]) + 11
    return rows, np.ones(len(rows), np.int8), None


def known_turning_points(candles: Candles) -> Columns:
    """The same lows, one bar later, when they are known."""
    rows, sides, _ = turning_points(candles)
    return rows + 1, sides, None


def knows_the_hour(candles: Candles) -> Columns:
    """Trades by the clock."""
    minutes = candles.open_times_ms // 60_000 % 60
    rows = np.flatnonzero((minutes == 5) | (minutes == 45))
    return rows, np.where(minutes[rows] == 5, 1, 0), None


def says_nothing(candles: Candles) -> Columns:
    """Never trades."""
    return np.zeros(0, np.int64), np.zeros(0, np.int8), None


LOOKING_AHEAD: tuple[Function, ...] = (
    next_close,
    whole_maximum,
    whole_scaling,
    whole_score,
    centred_average,
    fitted_trend,
    future_best,
    turning_points,
    knows_the_end,
    sized_by_the_future,
)
HONEST: tuple[Function, ...] = (
    crossed_averages,
    running_maximum,
    running_scaling,
    rolling_score,
    trailing_average,
    relative_strength,
    past_best,
    known_turning_points,
    knows_the_hour,
    says_nothing,
)
