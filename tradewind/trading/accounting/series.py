"""The trades of one pair in the order of the chain, whatever order they come in. Pure.

A trade that comes in order costs one step; a late one folds what follows it again. States share
what they have in common, so that the one before stays as it was.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable
from itertools import batched
from typing import Final, NamedTuple

from tradewind.trading.accounting.holding import Holding

CHUNK_TRADES: Final = 32
"""A late trade folds its chunk again."""
KEPT_CHUNKS: Final = 64
"""Chunks that are kept for what comes late; all before them is folded for good."""


class Forgotten(Exception):
    """What came belongs before all that is kept. The caller folds the whole history again."""


class PlacedTrade(NamedTuple):
    """What was bought (positive) or sold of a pair, in base units, and where in the chain."""

    key: str
    quantity: int
    cost: int


class Chunk(NamedTuple):
    """Some trades in order, and the holding before and after them."""

    before: Holding
    trades: tuple[PlacedTrade, ...]
    after: Holding


class Series(NamedTuple):
    """The trades of a pair; of the earliest ones only what they came to."""

    start: Holding
    floor: str = ""
    """The key of the last trade that is not kept."""
    chunks: tuple[Chunk, ...] = ()

    @property
    def holding(self) -> Holding:
        """The holding after all trades."""
        return self.chunks[-1].after if self.chunks else self.start

    def insert(self, trade: PlacedTrade) -> "Series":
        """Return the series with another trade; Forgotten."""
        if trade.key <= self.floor:
            raise Forgotten(trade.key)
        if not self.chunks or trade.key > self.chunks[-1].trades[-1].key:
            return self._append(trade)
        place = max(bisect_right(self.chunks, trade.key, key=_first_key) - 1, 0)
        later = [one for chunk in self.chunks[place:] for one in chunk.trades]
        insort(later, trade)
        earlier = self.chunks[:place]
        return self._replace(chunks=earlier + _chunks(self.chunks[place].before, later))

    def trimmed(self) -> "Series":
        """Return the series without trades that nothing should come before any more."""
        gone = self.chunks[:-KEPT_CHUNKS]
        if not gone:
            return self
        last = gone[-1]
        return Series(last.after, last.trades[-1].key, self.chunks[-KEPT_CHUNKS:])

    def _append(self, trade: PlacedTrade) -> "Series":
        if self.chunks and len(self.chunks[-1].trades) < CHUNK_TRADES:
            before, trades, after = self.chunks[-1]
            grown = Chunk(before, (*trades, trade), after.trade(trade.quantity, trade.cost))
            return self._replace(chunks=(*self.chunks[:-1], grown))
        return self._replace(chunks=(*self.chunks, *_chunks(self.holding, [trade])))


def _first_key(chunk: Chunk) -> str:
    return chunk.trades[0].key


def _chunks(before: Holding, trades: Iterable[PlacedTrade]) -> tuple[Chunk, ...]:
    made = []
    for some in batched(trades, CHUNK_TRADES):
        after = before
        for trade in some:
            after = after.trade(trade.quantity, trade.cost)
        made.append(Chunk(before, some, after))
        before = after
    return tuple(made)
