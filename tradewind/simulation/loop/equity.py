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

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.backtests.results import MAX_BUCKETS
from tradewind.contracts.precision import PRICE
from tradewind.simulation.inputs import FloatColumn, IntColumn
from tradewind.simulation.loop.timeline import Timeline, first_true
from tradewind.simulation.records import DayEnd, EquityRow, Pair
from tradewind.simulation.slices import Slice
from tradewind.simulation.trading.limits import MS_A_DAY
from tradewind.simulation.trading.totals import Totals

RATIO_STEP: Final = Decimal("0.000001")


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
        return held * int(candles.close[row]) * 10**pair.quote.decimals // 10**scale


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
    """Return the buckets of a slice, which never reach over its end; at most MAX_BUCKETS a run."""
    bars = piece.bars
    if not bars:
        return []
    length = -(-bars // max(MAX_BUCKETS // slices, 1))
    days = _day_ends(path, piece)
    counted = dict(trades_by_day)
    found, place = [], 0
    running = totals.peak
    for begin in range(0, bars, length):
        end = min(begin + length, bars)
        part = path.equity[begin:end]
        its_days = []
        while place < len(days) and days[place][1] < end:
            day, bar = days[place]
            its_days.append(_day_end(path, day, bar, counted.pop(day, 0)))
            place += 1
        totals.rows += 1
        found.append(_row(path, totals, (begin, end), part, running, tuple(its_days)))
        running = max(running, float(part.max()))
    return found


def _row(
    path: Path,
    totals: Totals,
    bars: tuple[int, int],
    part: FloatColumn,
    running: float,
    days: tuple[DayEnd, ...],
) -> EquityRow:
    begin, last = bars[0], bars[1] - 1
    decimals = path.pairs[0].quote.decimals
    low, high = begin + int(np.argmin(part)), begin + int(np.argmax(part))
    peaks = np.maximum(np.maximum.accumulate(part), running)
    deepest = float((part / peaks - 1.0).min())
    end, cash = path.exact(last), path.cash(last)
    exposure = PRICE.divide(Decimal(end - cash), Decimal(end)) if end > 0 else Decimal(0)
    timeline = path.timeline
    return EquityRow(
        totals.rows,
        int(timeline.times_ms[path.first + last]) + timeline.interval_ms,
        from_base_units(end, decimals),
        from_base_units(path.exact(low), decimals),
        from_base_units(path.exact(high), decimals),
        ratio(deepest),
        from_base_units(cash, decimals),
        exposure.quantize(RATIO_STEP, rounding=ROUND_HALF_EVEN, context=PRICE),
        from_base_units(benchmark(path, last, totals.start), decimals),
        days,
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


def _day_ends(path: Path, piece: Slice) -> list[tuple[int, int]]:
    """Return each UTC day of the slice and its last bar; a bar is of the day it opens on."""
    days = path.timeline.times_ms[piece.first_bar : piece.end_bar] // MS_A_DAY
    ends = np.append(np.flatnonzero(np.diff(days)), len(days) - 1)
    return [(int(days[bar]), int(bar)) for bar in ends]


def _day_end(path: Path, day: int, bar: int, trades: int) -> DayEnd:
    return DayEnd(day, from_base_units(path.exact(bar), path.pairs[0].quote.decimals), trades)
