"""The equity of each bar of a slice: buckets, drawdown, days. What is kept is exact.

The path is computed in floating point, by one multiplication and one addition a bar, to find where
the lowest, highest and deepest places are. What is kept of them is computed again on integers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from math import fsum
from typing import Final, NamedTuple

import numpy as np

from tradewind.contracts.backtests.results import MAX_BUCKETS
from tradewind.contracts.precision import PRICE
from tradewind.simulation.inputs import FloatColumn, IntColumn
from tradewind.simulation.loop.timeline import Timeline, first_true
from tradewind.simulation.records import DayEnd, EquityRow, Pair
from tradewind.simulation.slices import Slice
from tradewind.simulation.trading.limits import MS_A_DAY
from tradewind.simulation.trading.totals import Totals

RATIO_STEP: Final = Decimal("0.000001")
RATIO_UNIT: Final = 1_000_000


class Change(NamedTuple):
    """The portfolio from a step on."""

    step: int
    cash: int
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """The portfolio and its worth at the close of each bar of a slice."""

    timeline: Timeline
    pairs: Sequence[Pair]
    first: int
    changes: Sequence[Change]
    """Ascending by step; the first is at or before the slice."""
    places: IntColumn
    """Which change holds at each bar."""
    rows: Sequence[IntColumn]
    """The candle of each instrument at each bar."""
    equity: FloatColumn
    """Whole quote."""

    def exact(self, bar: int) -> int:
        """Return the equity at a bar of the slice, in base units of quote."""
        change = self.changes[int(self.places[bar])]
        worth = (self._worth(index, bar, held) for index, held in enumerate(change.positions))
        return change.cash + sum(worth)

    def cash(self, bar: int) -> int:
        """Return the cash at a bar of the slice."""
        return self.changes[int(self.places[bar])].cash

    def _worth(self, index: int, bar: int, held: int) -> int:
        row = int(self.rows[index][bar])
        if not held or row < 0:
            return 0
        candles, pair = self.timeline.candles[index], self.pairs[index]
        scale = candles.price_decimals + pair.base.decimals
        units: int = held * int(candles.close[row]) * 10**pair.quote.decimals // 10**scale
        return units


def path_of(
    timeline: Timeline, pairs: Sequence[Pair], piece: Slice, changes: Sequence[Change]
) -> Path:
    """Return the path of a slice under the changes of its portfolio."""
    bars = np.arange(piece.first_bar, piece.end_bar, dtype=np.int64)
    steps = np.fromiter((one.step for one in changes), np.int64, len(changes))
    places = np.searchsorted(steps, bars, side="right") - 1
    quote_unit = 10.0 ** pairs[0].quote.decimals
    cash = np.fromiter((one.cash / quote_unit for one in changes), np.float64, len(changes))
    equity, rows = cash[places], []
    for index, pair in enumerate(pairs):
        its_rows = timeline.rows_at(index, piece.first_bar, piece.end_bar)
        rows.append(its_rows)
        unit = 10.0**pair.base.decimals
        held = (one.positions[index] / unit for one in changes)
        positions = np.fromiter(held, np.float64, len(changes))
        if positions.any():
            closes = timeline.candles[index].closes[np.maximum(its_rows, 0)]
            equity += positions[places] * np.where(its_rows < 0, 0.0, closes)
    return Path(timeline, pairs, piece.first_bar, changes, places, rows, equity)


def measure(path: Path, totals: Totals) -> None:
    """Count the bars of a path: exposure, sums, the peak, the deepest drawdown."""
    equity, first = path.equity, path.first
    if not len(equity):
        return
    held = np.fromiter((any(one.positions) for one in path.changes), np.bool_, len(path.changes))
    totals.bars += len(equity)
    totals.exposed += int(np.count_nonzero(held[path.places]))
    totals.equity_sum = fsum((totals.equity_sum, *equity.tolist()))
    _recover(equity, first, totals)
    peaks = np.maximum.accumulate(np.maximum(equity, totals.peak))
    drawdowns = equity / peaks - 1.0
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
    totals.end = path.exact(len(equity) - 1)


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
    buckets = _buckets(path, length, totals.peak)
    ends = _day_ends(path, piece, trades_by_day)
    found, place, days = [], 0, len(ends)
    decimals = path.pairs[0].quote.decimals
    times = path.timeline.times_ms[path.first + np.array(buckets.lasts)] + path.timeline.interval_ms
    for time_ms, last, low, high, deepest in zip(times.tolist(), *buckets, strict=True):
        its_days = []
        while place < days and ends[place][0] <= last:
            its_days.append(ends[place][1])
            place += 1
        totals.rows += 1
        end, cash = path.exact(last), path.cash(last)
        found.append(
            EquityRow(
                totals.rows,
                time_ms,
                end,
                path.exact(low),
                path.exact(high),
                round(deepest * RATIO_UNIT),
                cash,
                (end - cash) * RATIO_UNIT // end if end > 0 else 0,
                benchmark(path, last, totals.start),
                decimals,
                tuple(its_days),
            )
        )
    return found


class _Buckets(NamedTuple):
    """Bars of the slice: the last, lowest and highest of each bucket; and its deepest drawdown."""

    lasts: list[int]
    lows: list[int]
    highs: list[int]
    drawdowns: list[float]


def _buckets(path: Path, length: int, peak: float) -> _Buckets:
    bars = len(path.equity)
    count = -(-bars // length)
    # The last bucket is filled up with its own last value, which changes none of the four.
    padded = np.append(path.equity, np.full(count * length - bars, path.equity[-1]))
    parts = padded.reshape(count, length)
    peaks = np.maximum.accumulate(np.maximum(padded, peak)).reshape(count, length)
    begins = np.arange(count) * length
    lasts = np.minimum(begins + length, bars) - 1
    return _Buckets(
        lasts.tolist(),
        (begins + parts.argmin(axis=1)).tolist(),
        (begins + parts.argmax(axis=1)).tolist(),
        (parts / peaks - 1.0).min(axis=1).tolist(),
    )


def benchmark(path: Path, bar: int, start: int) -> int:
    """Return the worth of equal parts of the start held in each instrument since its first open."""
    count, worth = len(path.pairs), 0
    for index, candles in enumerate(path.timeline.candles):
        row = int(path.rows[index][bar])
        part = start // count + (start % count if index == 0 else 0)
        worth += part if row < 0 else part * int(candles.close[row]) // int(candles.open[0])
    return worth


def ratio(value: float) -> Decimal:
    """Return a finite number with six digits after the point."""
    rounded = Decimal(repr(value)).quantize(RATIO_STEP, rounding=ROUND_HALF_EVEN, context=PRICE)
    return abs(rounded) if rounded == 0 else rounded


def _day_ends(path: Path, piece: Slice, trades_by_day: dict[int, int]) -> list[tuple[int, DayEnd]]:
    """Return each UTC day of the slice with its last bar; a bar is of the day it opens on."""
    days = path.timeline.times_ms[piece.first_bar : piece.end_bar] // MS_A_DAY
    ends = np.append(np.flatnonzero(np.diff(days)), len(days) - 1)
    return [
        (bar, DayEnd(day, path.exact(bar), trades_by_day.get(day, 0)))
        for day, bar in zip(days[ends].tolist(), ends.tolist(), strict=True)
    ]
