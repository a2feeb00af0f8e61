"""The trades of a call of the extension, in columns that become records when somebody asks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, overload

import numpy as np

from tradewind.contracts.backtests.results import Outcome
from tradewind.simulation.inputs import ACQUIRE, FloatColumn, IntColumn
from tradewind.simulation.loop.arrivals import Arrivals
from tradewind.simulation.loop.changes import Exact
from tradewind.simulation.loop.moments import CandleMoments, Met
from tradewind.simulation.loop.persistence import UNSHIFTED
from tradewind.simulation.records import Pair, TradeRecord, new

FIELDS: Final = 15
WIDTH: Final = 16
ROW_BYTES: Final = FIELDS * WIDTH
CASH: Final = 11
POSITION: Final = 13


class Columns(NamedTuple):
    """Trades as the extension tells them."""

    places: IntColumn
    """Which arrival each is of."""
    rows: bytes
    """Its integers."""
    cash: FloatColumn
    """After it, base units."""
    held: FloatColumn
    """Of its own instrument after it, base units."""


class _Row(NamedTuple):
    amount: int
    amount_in: int
    amount_out: int
    min_out: int
    notional: int
    fee: int
    gas: int
    impact: int
    gas_used: int
    profit: int
    cost: int
    cash_after: int
    position_before: int
    position_after: int
    pool: int


@dataclass(frozen=True, eq=False)
class Batch(Sequence[TradeRecord]):
    """Implements `ChangePart`, too."""

    arrivals: Arrivals
    columns: Columns
    moments: CandleMoments
    pairs: Sequence[Pair]
    before: int
    """The number of the last trade before."""
    held_before: tuple[int, ...]
    """The positions before."""

    def __len__(self) -> int:
        return len(self.columns.places)

    @overload
    def __getitem__(self, index: int) -> TradeRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[TradeRecord]: ...
    def __getitem__(self, index: int | slice) -> TradeRecord | Sequence[TradeRecord]:
        """Return some of the records, made anew."""
        if isinstance(index, slice):
            return [self._record(place) for place in range(*index.indices(len(self)))]
        return self._record(range(len(self))[index])

    def __iter__(self) -> Iterator[TradeRecord]:
        return map(self._record, range(len(self)))

    @cached_property
    def steps(self) -> IntColumn:
        """When each is filled."""
        return self.arrivals.steps[self.columns.places]

    @property
    def cash(self) -> FloatColumn:
        """After each."""
        return self.columns.cash

    @cached_property
    def positions(self) -> Sequence[FloatColumn]:
        """After each, of every instrument."""
        if len(self.pairs) == 1:
            return [self.columns.held]
        return [
            np.where(last < 0, float(before), self.columns.held[last])
            for last, before in zip(self._lasts, self.held_before, strict=True)
        ]

    def exact(self, places: IntColumn) -> Exact:
        """Return cash and positions after some trades, in base units."""
        held = [
            [before if last < 0 else found for last, found in zip(lasts, after, strict=True)]
            for lasts, after, before in (
                (its[places].tolist(), self._integers(POSITION, its[places]), before)
                for its, before in zip(self._lasts, self.held_before, strict=True)
            )
        ]
        return self._integers(CASH, places), held

    def _integers(self, field: int, places: IntColumn) -> list[int]:
        """Return a field of some rows; nearly always all of them have 64 bits."""
        halves = np.frombuffer(self.columns.rows, np.int64).reshape(-1, FIELDS, 2)
        low, high = halves[places, field, 0], halves[places, field, 1]
        if (high == low >> 63).all():
            found: list[int] = low.tolist()
            return found
        both = zip(low.view(np.uint64).tolist(), high.tolist(), strict=True)
        return [(above << 64) + below for below, above in both]

    @cached_property
    def _lasts(self) -> list[IntColumn]:
        """The newest trade of every instrument at each trade; -1 before the first."""
        if len(self.pairs) == 1:
            return [np.arange(len(self))]
        its, places = self.arrivals.instruments[self.columns.places], np.arange(len(self))
        return [
            np.maximum.accumulate(np.where(its == index, places, -1))
            for index in range(len(self.pairs))
        ]

    def _is_sale(self, place: int) -> bool:
        arrival = self.columns.places[place]
        side = self.arrivals.wanted[self.arrivals.codes[arrival]].side
        return bool(side != ACQUIRE)

    def _row(self, place: int) -> _Row:
        rows, first = self.columns.rows, place * ROW_BYTES
        starts = range(first, first + ROW_BYTES, WIDTH)
        from_bytes = int.from_bytes
        values = [from_bytes(rows[one : one + WIDTH], "little", signed=True) for one in starts]
        return new(_Row, values)

    def _record(self, place: int) -> TradeRecord:
        row, is_sale = self._row(place), self._is_sale(place)
        arrivals, arrival = self.arrivals, int(self.columns.places[place])
        met = Met(
            int(arrivals.decided_ms[arrival]),
            int(arrivals.arrived_ms[arrival]),
            int(arrivals.prices[arrival]),
            int(arrivals.arrival_prices[arrival]),
        )
        index = int(arrivals.instruments[arrival])
        moment = self.moments.at(index, met, UNSHIFTED)
        assert moment is not None, "pools of constant depth are at every price"
        return TradeRecord(
            self.before + place + 1,
            self.pairs[index],
            "dispose" if is_sale else "acquire",
            Outcome.FILLED,
            met.decided_ms,
            met.arrived_ms,
            *row[:8],
            row.gas_used,
            moment.gas_price_wei,
            row.profit if is_sale else None,
            row.cost if is_sale else None,
            row.cash_after + row.gas - (row.amount_out if is_sale else -row.amount_in),
            row.position_before,
            row.position_after,
            row.pool,
            moment.decision,
            moment.arrival,
            *moment.native,
        )


class Trades(Sequence[TradeRecord]):
    """The trades of a slice in turn, of parts of which some make their records when asked."""

    def __init__(self, parts: Sequence[Sequence[TradeRecord]]) -> None:
        self._parts = [one for one in parts if len(one)]
        self._ends = np.cumsum([len(one) for one in self._parts], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if self._parts else 0

    @overload
    def __getitem__(self, index: int) -> TradeRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[TradeRecord]: ...
    def __getitem__(self, index: int | slice) -> TradeRecord | Sequence[TradeRecord]:
        """Return some of the records."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        part = int(self._ends.searchsorted(place, side="right"))
        return self._parts[part][place - int(self._ends[part])]

    def __iter__(self) -> Iterator[TradeRecord]:
        for part in self._parts:
            yield from part
