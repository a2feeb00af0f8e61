"""The orders of a slice as they arrive, in columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from tradewind.simulation.inputs import IntColumn
from tradewind.simulation.loop.moments import CandleMoments, Met
from tradewind.simulation.loop.timeline import Timeline
from tradewind.simulation.strategies.columns import Signals
from tradewind.simulation.trading.limits import MS_A_DAY

SIDES = 3


class Wanted(NamedTuple):
    """What a signal asks for; most signals of a run are alike."""

    instrument: int
    side: int
    size: Decimal | None = None
    limit_price: Decimal | None = None


class Arrival(NamedTuple):
    """An order and when it arrives."""

    step: int
    instrument: int
    row: int
    """The candle it is decided at."""
    day: int
    """On which it arrives, since 1970."""
    wanted: int
    """Place among `Arrivals.wanted`."""
    met: Met


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Orders in the order in which they arrive, those of one step by instrument."""

    wanted: Sequence[Wanted]
    never: int
    """How many more never arrive, as the history ends before."""
    steps: IntColumn
    instruments: IntColumn
    rows: IntColumn
    days: IntColumn
    codes: IntColumn
    """What each wants, a place among `wanted`."""
    decided_ms: IntColumn
    arrived_ms: IntColumn
    prices: IntColumn
    arrival_prices: IntColumn

    def __len__(self) -> int:
        return len(self.steps)

    def between(self, first: int, end: int) -> list[Arrival]:
        """Return some of them, one by one."""
        met = (self.decided_ms, self.arrived_ms, self.prices, self.arrival_prices)
        others = (self.steps, self.instruments, self.rows, self.days, self.codes)
        found = zip(*(one[first:end].tolist() for one in met), strict=True)
        columns = (one[first:end].tolist() for one in others)
        return list(map(Arrival, *columns, map(Met._make, found)))


def arrivals_of(signals: Sequence[Signals], timeline: Timeline, moments: CandleMoments) -> Arrivals:
    """Return the orders of signals."""
    wanted: list[Wanted] = []
    found: list[list[IntColumn]] = []
    never = 0
    for index, one in enumerate(signals):
        length = len(timeline.candles[index])
        count = int(np.searchsorted(one.rows + moments.bars_later, length))
        rows, never = one.rows[:count], never + len(one) - count
        steps = timeline.steps_of(index, rows + moments.bars_later)
        days = timeline.times_ms[steps] // MS_A_DAY
        codes = _codes(one, index, count, wanted)
        found.append([steps, np.full(count, index), rows, days, codes, *moments.met(index, rows)])
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    if len(signals) > 1:
        order = np.lexsort((columns[2], columns[1], columns[0]))
        columns = [one[order] for one in columns]
    return Arrivals(wanted, never, *columns)


def _codes(signals: Signals, index: int, count: int, wanted: list[Wanted]) -> IntColumn:
    """Return places among what is wanted, to which they add what is new."""
    first = len(wanted)
    if signals.sizes is None and signals.limit_prices is None:
        wanted += [Wanted(index, side - 1) for side in range(SIDES)]
        return first + 1 + signals.sides[:count].astype(np.int64)
    known: dict[Wanted, int] = {}
    none = [None] * count
    asked = signals.sizes or none, signals.limit_prices or none
    all_three = zip(signals.sides[:count].tolist(), *asked, strict=False)
    codes = [known.setdefault(Wanted(index, *one), first + len(known)) for one in all_three]
    wanted += known
    return np.array(codes, np.int64)
