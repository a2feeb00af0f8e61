"""The equity of each bar of a slice: buckets, drawdown, days. What is kept is exact.

The path is computed in floating point, by one multiplication and one addition a bar, to find where
the lowest, highest and deepest places are. What is kept of them is computed again on integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import frexp, fsum
from typing import Final, NamedTuple

import numpy as np

from tradewind.contracts.backtests.results import MAX_BUCKETS
from tradewind.contracts.precision import PRICE
from tradewind.simulation.inputs import FloatColumn, IntColumn
from tradewind.simulation.loop.changes import Changes
from tradewind.simulation.loop.timeline import Timeline, first_true
from tradewind.simulation.records import DayEnd, EquityRow, Pair, new
from tradewind.simulation.slices import Slice
from tradewind.simulation.trading.limits import MS_A_DAY
from tradewind.simulation.trading.totals import Totals

RATIO_STEP: Final = Decimal("0.000001")
RATIO_UNIT: Final = 1_000_000
MANTISSA: Final = 53
HALF: Final = 27
SPREAD: Final = 8
MOST_SUMMED: Final = 2**28
"""Numbers of 34 bits, so many of them, have a sum of less than 63."""


@dataclass(frozen=True, slots=True)
class Path:
    """The portfolio and its worth at the close of each bar of a slice."""

    timeline: Timeline
    pairs: Sequence[Pair]
    first: int
    changes: Changes
    """Ascending by step; the first is at or before the slice."""
    lengths: IntColumn
    """For how many bars each change holds."""
    equity: FloatColumn
    """Whole quote."""
    peaks: FloatColumn
    """The most there has been so far."""
    drops: FloatColumn
    """The share of that which is lost, not above zero."""

    def exact(self, bars: IntColumn) -> list[tuple[int, int]]:
        """Return equity and cash at some bars of the slice, ascending, in base units of quote."""
        cash, held = self.changes.exact(self.first + bars)
        found = cash
        for index, pair in enumerate(self.pairs):
            candles = self.timeline.candles[index]
            scale = 10 ** (candles.price_decimals + pair.base.decimals)
            unit, rows = 10**pair.quote.decimals, self.rows(index, bars)
            closes = np.where(rows < 0, 0, candles.close[rows]).tolist()
            found = [
                worth + position * close * unit // scale
                for worth, position, close in zip(found, held[index], closes, strict=True)
            ]
        return list(zip(found, cash, strict=True))

    def rows(self, index: int, bars: IntColumn) -> IntColumn:
        """Return the candle of an instrument at some bars of the slice; -1 before its first."""
        return self.timeline.rows_of(index, self.first + bars)


def path_of(
    timeline: Timeline, pairs: Sequence[Pair], piece: Slice, changes: Changes, peak: float
) -> Path:
    """Return the path of a slice under the changes of its portfolio, after a peak before it."""
    lengths = changes.over(piece.first_bar, piece.end_bar)
    equity = np.repeat(changes.cash / 10.0 ** pairs[0].quote.decimals, lengths)
    for index, pair in enumerate(pairs):
        held = changes.positions[index]
        if held.any():
            rows = timeline.rows_at(index, piece.first_bar, piece.end_bar)
            closes = timeline.candles[index].closes
            if isinstance(rows, slice):
                worth = closes[rows]
            else:
                worth = np.where(rows < 0, 0.0, closes[rows])
            equity += np.repeat(held / 10.0**pair.base.decimals, lengths) * worth
    peaks = np.maximum.accumulate(np.maximum(equity, peak))
    drops = equity / peaks - 1.0
    return Path(timeline, pairs, piece.first_bar, changes, lengths, equity, peaks, drops)


def measure(path: Path, totals: Totals) -> None:
    """Count the bars of a path: exposure, sums, the peak, the deepest drawdown."""
    equity, first = path.equity, path.first
    if not len(equity):
        return
    held = np.logical_or.reduce([column != 0 for column in path.changes.positions])
    totals.bars += len(equity)
    totals.exposed += int(path.lengths[held].sum())
    totals.equity_sum = exact_sum(equity, totals.equity_sum)
    _recover(equity, first, totals)
    peaks, drawdowns = path.peaks, path.drops
    deepest = int(np.argmin(drawdowns))
    if drawdowns[deepest] < totals.depth:
        peak = float(peaks[deepest])
        begun = int(np.searchsorted(peaks, peak))
        totals.depth, totals.depth_peak = float(drawdowns[deepest]), peak
        totals.depth_bar = totals.peak_bar if peak == totals.peak else first + begun
        totals.recovered_bar = -1
        _recover(equity[deepest:], first + deepest, totals)
    last = float(peaks[-1])
    if last > totals.peak:
        totals.peak, totals.peak_bar = last, first + int(np.searchsorted(peaks, last))
    totals.end = path.exact(np.array([len(equity) - 1]))[0][0]


def exact_sum(column: FloatColumn, before: float) -> float:
    """Return a sum rounded once, as `math.fsum` does, in a tenth of its time.

    Values whose exponents are near each other are integers of one unit, which two sums of 64 bits
    add up exactly; any other column is left to `fsum`.
    """
    sizes = np.abs(column)
    most, least = float(sizes.max(initial=0.0)), float(sizes.min(initial=np.inf))
    if not 0.0 < least <= most < 2.0**SPREAD * least or len(column) > MOST_SUMMED:
        return fsum((before, *column.tolist()))
    exponent = MANTISSA - frexp(least)[1]
    whole = np.ldexp(column, exponent - HALF)
    high = np.floor(whole)
    low = np.ldexp(whole - high, HALF)
    total = (int(high.astype(np.int64).sum()) << HALF) + int(low.astype(np.int64).sum())
    found = Fraction(total) / Fraction(2) ** exponent + Fraction(before)
    return found.numerator / found.denominator


def _recover(equity: FloatColumn, first: int, totals: Totals) -> None:
    """End the deepest drawdown at the first bar that is at its peak again."""
    if totals.depth < 0 and totals.recovered_bar < 0:
        place = first_true(equity >= totals.depth_peak)
        totals.recovered_bar = -1 if place < 0 else first + place


def rows_of(
    path: Path, piece: Slice, slices: int, totals: Totals, trades_by_day: dict[int, int]
) -> list[EquityRow]:
    """Return the buckets of a slice, which never reach over its end; at most MAX_BUCKETS a run.

    It is called before the slice is measured, as the peak before it counts.
    """
    if not piece.bars:
        return []
    length = -(-piece.bars // max(MAX_BUCKETS // slices, 1))
    buckets = _buckets(path, length)
    ends = _day_ends(path, piece, trades_by_day)
    decimals = path.pairs[0].quote.decimals
    lasts = buckets.lasts
    times = path.timeline.times_ms[path.first + lasts] + path.timeline.interval_ms
    columns = zip(
        times.tolist(),
        path.exact(lasts),
        path.exact(buckets.lows),
        path.exact(buckets.highs),
        buckets.drawdowns.tolist(),
        benchmarks(path, lasts, totals.start),
        _days_by_bucket(ends, lasts),
        strict=True,
    )
    begun = totals.rows
    totals.rows += len(lasts)
    return [_row(number, values, decimals) for number, values in enumerate(columns, begun + 1)]


type _Values = tuple[
    int, tuple[int, int], tuple[int, int], tuple[int, int], float, int, tuple[DayEnd, ...]
]
"""Time; equity and cash at the last, lowest and highest bar; drawdown, benchmark, days."""


def _row(number: int, values: _Values, decimals: int) -> EquityRow:
    time_ms, (end, cash), (low, _), (high, _), deepest, benchmark, days = values
    exposure = (end - cash) * RATIO_UNIT // end if end > 0 else 0
    drawdown = round(deepest * RATIO_UNIT)
    made = number, time_ms, end, low, high, drawdown, cash, exposure, benchmark, decimals, days
    return new(EquityRow, made)


def _days_by_bucket(
    ends: Sequence[tuple[int, DayEnd]], lasts: IntColumn
) -> list[tuple[DayEnd, ...]]:
    """Return the days that end in each bucket."""
    found: list[tuple[DayEnd, ...]] = [()] * len(lasts)
    places = lasts.searchsorted([bar for bar, _ in ends], side="left").tolist()
    for place, (_, day) in zip(places, ends, strict=True):
        found[place] += (day,)
    return found


class _Buckets(NamedTuple):
    """Bars of the slice: the last, lowest and highest of each bucket; and its deepest drawdown."""

    lasts: IntColumn
    lows: IntColumn
    highs: IntColumn
    drawdowns: FloatColumn


def _buckets(path: Path, length: int) -> _Buckets:
    bars = len(path.equity)
    count = -(-bars // length)
    # The last bucket is filled up with its own last values, which change none of the four.
    equity, drops = (
        one if len(one) == count * length else np.pad(one, (0, count * length - bars), "edge")
        for one in (path.equity, path.drops)
    )
    parts = equity.reshape(count, length)
    begins = np.arange(count) * length
    return _Buckets(
        np.minimum(begins + length, bars) - 1,
        begins + parts.argmin(axis=1),
        begins + parts.argmax(axis=1),
        drops.reshape(count, length).min(axis=1),
    )


def benchmarks(path: Path, bars: IntColumn, start: int) -> list[int]:
    """Return the worth of equal parts of the start held in each instrument since its first open."""
    count, found = len(path.pairs), [0] * len(bars)
    for index, candles in enumerate(path.timeline.candles):
        part = start // count + (start % count if index == 0 else 0)
        rows, opened = path.rows(index, bars), int(candles.open[0])
        closes = np.where(rows < 0, opened, candles.close[rows]).tolist()
        found = [worth + part * close // opened for worth, close in zip(found, closes, strict=True)]
    return found


def ratio(value: float) -> Decimal:
    """Return a finite number with six digits after the point."""
    rounded = Decimal(repr(value)).quantize(RATIO_STEP, rounding=ROUND_HALF_EVEN, context=PRICE)
    return abs(rounded) if rounded == 0 else rounded


def _day_ends(path: Path, piece: Slice, trades_by_day: dict[int, int]) -> list[tuple[int, DayEnd]]:
    """Return each UTC day of the slice with its last bar; a bar is of the day it opens on."""
    days = path.timeline.times_ms[piece.first_bar : piece.end_bar] // MS_A_DAY
    ends = np.append(np.flatnonzero(np.diff(days)), len(days) - 1)
    columns = zip(days[ends].tolist(), ends.tolist(), path.exact(ends), strict=True)
    return [
        (bar, DayEnd(day, worth, trades_by_day.get(day, 0))) for day, bar, (worth, _) in columns
    ]
