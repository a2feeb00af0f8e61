"""Trades what is ordinary of a slice in the extension: pools of constant depth, filled in full.

The extension stops before an order that a limit refuses, that no pool or several ones trade, that
is reverted or needs larger numbers than it has. The desk in Python decides that one, and it decides
all of them where there is no extension: both do the same, which a test holds.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tradewind.simulation.batches.calls import (
    OrderOfBatch,
    PairOfBatch,
    TermsOfBatch,
    book_of_batch,
)
from tradewind.simulation.batches.columns import Batch, Columns
from tradewind.simulation.loop.arrivals import Arrivals
from tradewind.simulation.loop.moments import CandleMoments
from tradewind.simulation.trading.book import Book
from tradewind.simulation.trading.desk import Terms
from tradewind.simulation.trading.totals import Totals

type Trade = Callable[..., Any]


class Sides(NamedTuple):
    """What a slice is traded with, as the desk in Python has it."""

    terms: Terms
    book: Book
    totals: Totals


class Traded(NamedTuple):
    """What was traded in a call."""

    next: int
    """The arrival that is next."""
    batch: Batch
    lines: bytes
    """What of it is hashed."""
    days: dict[int, int]
    """How many trades arrived on each day since 1970."""


class Trader:
    """Trades arrivals in turn, as long as they are ordinary."""

    def __init__(
        self,
        trade: Trade,
        sides: Sides,
        moments: CandleMoments,
        told: tuple[TermsOfBatch, Sequence[PairOfBatch], Sequence[OrderOfBatch]],
        arrivals: tuple[Arrivals, bytes],
    ) -> None:
        self._trade = trade
        self._sides = sides
        self._moments = moments
        self._told = told
        self._arrivals, self._bytes = arrivals

    def trade(self, first: int) -> Traded | None:
        """Trade from an arrival on; None where the portfolio needs larger numbers."""
        terms, book, totals = self._sides
        positions = tuple([one.position for one in book.holdings])
        told = book_of_batch(book, totals, terms.limits.day)
        try:
            done = self._trade(*self._told, told, self._bytes, first)
        except OverflowError:
            return None
        begin = totals.records
        next_place, after, added, (places, rows, lines, *floats) = done
        _keep(self._sides, after)
        _add(totals, added)
        columns = Columns(np.frombuffer(places, np.int64), rows, *map(np.frombuffer, floats))
        batch = Batch(
            self._arrivals, columns, self._moments, self._sides.terms.pairs, begin, positions
        )
        days, counts = np.unique(self._arrivals.days[columns.places], return_counts=True)
        return Traded(
            next_place, batch, lines, dict(zip(days.tolist(), counts.tolist(), strict=True))
        )


def _keep(sides: Sides, after: Any) -> None:
    """Change the book to what it is after a call."""
    sides.book.cash, holdings, *day = after
    sides.terms.limits.bought(*day)
    every = zip(sides.book.holdings, sides.totals.instruments, holdings, strict=True)
    for holding, total, (position, lots, trades, volume, profit) in every:
        holding.position, holding.lots = position, deque(lots)
        total.trades += trades
        total.volume += volume
        total.profit += profit


def _add(totals: Totals, added: Any) -> None:
    (filled, fees, gas, impact, volume), closed, shares, last = added
    totals.records += filled
    totals.filled += filled
    totals.fees += fees
    totals.gas += gas
    totals.impact += impact
    totals.volume += volume
    totals.closed += closed[0]
    totals.wins += closed[1]
    totals.gains += closed[2]
    totals.losses += closed[3]
    totals.squares += shares[0]
    totals.shares += shares[1]
    totals.measured += shares[2]
    best, worst, totals.losing, totals.longest_losing = last
    totals.best = max((one for one in (totals.best, best) if one is not None), default=None)
    totals.worst = min((one for one in (totals.worst, worst) if one is not None), default=None)
