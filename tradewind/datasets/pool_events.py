"""Events of pools as a dataset keeps them, and what they make of a pool, block by block.

Which columns an event has: `initialize` price and tick; `swap` price, tick and liquidity; `mint`
and `burn` the two ticks and the amount. Where a history does not begin with the pool itself,
`start` is its state (price, tick, liquidity) and each `start_tick` one of its ticks (`tick_lower`,
gross liquidity as `amount`, net liquidity as `liquidity`).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple, overload

import numpy as np

from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.contracts.instruments.pools import MIN_TICK
from tradewind.datasets.columns import PoolFacts, PoolPast, Ticks
from tradewind.datasets.errors import DatasetRefused
from tradewind.trading.chain.pool_state import InconsistentLog, Pool, PoolState, Tick
from tradewind.trading.chain.uniswap_v3 import BURN, INITIALIZE, MINT, SWAP

CHECKPOINT: Final = 512
NAMES: Final = {"initialize", "swap", "mint", "burn", "start", "start_tick"}


class PoolEvent(NamedTuple):
    """A row of a dataset of kind `pool_events`."""

    block_number: int
    time_ms: int
    log_index: int
    pool: str
    event: str
    sqrt_price_x96: int | None = None
    liquidity: int | None = None
    tick: int | None = None
    tick_lower: int | None = None
    tick_upper: int | None = None
    amount: int | None = None


def decode(log: dict[str, Any], block_number: int, time_ms: int, log_index: int) -> PoolEvent | None:
    """Return what a log of JSON-RPC says; None for an event that changes no state we keep.

    ValueError, KeyError or TypeError for a malformed one.
    """
    place = (block_number, time_ms, log_index, to_checksum_address(log["address"]))
    if SWAP.matches(log):
        swap = SWAP.decode(log)
        price, liquidity, tick = swap["sqrt_price_x96"], swap["liquidity"], swap["tick"]
        return PoolEvent(*place, "swap", price, liquidity, tick)
    if INITIALIZE.matches(log):
        first = INITIALIZE.decode(log)
        return PoolEvent(*place, "initialize", first["sqrt_price_x96"], None, first["tick"])
    for kind in (MINT, BURN):
        if kind.matches(log):
            moved = kind.decode(log)
            ticks = (moved["tick_lower"], moved["tick_upper"])
            return PoolEvent(*place, kind.name.lower(), None, None, None, *ticks, moved["amount"])
    return None


def start_of(state: PoolState, block_number: int, time_ms: int, log_index: int) -> list[PoolEvent]:
    """Return the rows that describe a pool's state at the end of a block."""
    address = state.pool.address
    place = (block_number, time_ms)
    rows = [
        PoolEvent(
            *(*place, log_index, address, "start"),
            *(state.sqrt_price_x96, state.liquidity, state.tick),
        )
    ]
    for offset, (index, tick) in enumerate(sorted(state.ticks.items()), start=1):
        where = (*place, log_index + offset, address, "start_tick")
        rows.append(PoolEvent(*where, None, tick.net, None, index, None, tick.gross))
    return rows


class Ladders(Sequence[Ticks]):
    """The initialised ticks after each change, remade when asked for: kept whole they are huge.

    Asking in ascending order is cheap.
    """

    def __init__(self) -> None:
        self._changes: list[list[tuple[int, Tick | None]]] = []
        self._checkpoints: dict[int, dict[int, Tick]] = {}
        self._at = -1
        self._ticks: dict[int, Tick] = {}
        self._made: Ticks = ()

    def add(self, changes: list[tuple[int, Tick | None]]) -> None:
        """Add the ticks that differ from those before; None for one that is not initialised."""
        self._changes.append(changes)

    def __len__(self) -> int:
        return len(self._changes)

    @overload
    def __getitem__(self, number: int) -> Ticks: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Ticks]: ...
    def __getitem__(self, number: int | slice) -> Ticks | Sequence[Ticks]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        if not 0 <= number < len(self):
            raise IndexError(number)
        if number != self._at:
            self._go_to(number)
            self._made = tuple((index, self._ticks[index].net) for index in sorted(self._ticks))
        return self._made

    def _go_to(self, number: int) -> None:
        if number < self._at:
            self._at = max((one for one in self._checkpoints if one <= number), default=-1)
            self._ticks = dict(self._checkpoints.get(self._at, {}))
        while self._at < number:
            self._at += 1
            for index, tick in self._changes[self._at]:
                if tick is None:
                    self._ticks.pop(index, None)
                else:
                    self._ticks[index] = tick
            if self._at % CHECKPOINT == 0:
                self._checkpoints.setdefault(self._at, dict(self._ticks))


class _Replay:
    """A pool on its way through its events. It has no state before its first price."""

    def __init__(self, facts: PoolFacts) -> None:
        pool = Pool(*facts)
        # Below every tick, so that liquidity added before the first price is known is in none.
        self.state = PoolState(pool, 1, MIN_TICK - 1, 0, {})
        self.has_price = False
        self._sums: tuple[list[int], list[int]] | None = None

    def apply(self, event: PoolEvent) -> None:
        """Raises InconsistentLog where an earlier event must be missing."""
        state = self.state
        match event.event:
            case "swap":
                self.state = state.swapped(*_priced(event), event.liquidity or 0)
                self._check_liquidity()
            case "initialize":
                if self.has_price or state.ticks:
                    raise InconsistentLog("it begins twice")
                self.state = state.swapped(*_priced(event), 0)
            case "start":
                self.state = PoolState(state.pool, *_priced(event), event.liquidity or 0, {})
            case "start_tick":
                tick = Tick(event.amount or 0, event.liquidity or 0)
                ticks = {**state.ticks, event.tick_lower or 0: tick}
                self.state = PoolState(
                    state.pool, state.sqrt_price_x96, state.tick, state.liquidity, ticks
                )
            case _:
                sign = 1 if event.event == "mint" else -1
                lower, upper = event.tick_lower or 0, event.tick_upper or 0
                self.state = state.moved(lower, upper, sign * (event.amount or 0))
        if self.state.ticks is not state.ticks:
            self._sums = None
        self.has_price = self.has_price or event.event in ("swap", "initialize", "start")

    def _check_liquidity(self) -> None:
        """Compare the liquidity that a swap tells with what the positions add up to."""
        if self._sums is None:
            indices = sorted(self.state.ticks)
            nets = accumulate((self.state.ticks[one].net for one in indices), initial=0)
            self._sums = (indices, list(nets))
        indices, sums = self._sums
        expected = sums[bisect_right(indices, self.state.tick)]
        if expected != self.state.liquidity:
            raise InconsistentLog(
                f"it has liquidity {self.state.liquidity}, and its positions add up to {expected}"
            )


def _priced(event: PoolEvent) -> tuple[int, int]:
    if not event.sqrt_price_x96 or event.tick is None:
        raise InconsistentLog("there is no price")
    return event.sqrt_price_x96, event.tick


def past_of(facts: PoolFacts, events: Iterable[PoolEvent]) -> PoolPast:
    """Return a pool at the end of every block in which it changed, from the first price on.

    Events ascend by block and index. DatasetRefused names the block where they contradict each
    other, which they do when earlier ones are missing.
    """
    replay, ladders = _Replay(facts), Ladders()
    blocks: list[tuple[int, int, int, int, int, int]] = []
    known: Mapping[int, Tick] = {}
    for number, time_ms, group in _blocks(events):
        for event in group:
            try:
                replay.apply(event)
            except InconsistentLog as error:
                raise DatasetRefused(
                    f"block {number}, pool {facts.address}: {error}; events before it are missing"
                ) from None
        state = replay.state
        if not replay.has_price:
            continue
        # Comparing the ticks themselves in every block would take most of the time.
        if state.ticks is not known or not len(ladders):
            ladders.add(_difference(known, state.ticks))
            known = state.ticks
        last = len(ladders) - 1
        blocks.append(
            (number, time_ms, state.sqrt_price_x96, state.tick, state.liquidity, last)
        )
    return _columns(facts, blocks, ladders)


def _blocks(events: Iterable[PoolEvent]) -> Iterator[tuple[int, int, list[PoolEvent]]]:
    group: list[PoolEvent] = []
    for event in events:
        if group and event.block_number != group[0].block_number:
            yield group[0].block_number, group[0].time_ms, group
            group = []
        group.append(event)
    if group:
        yield group[0].block_number, group[0].time_ms, group


def _difference(
    before: Mapping[int, Tick], after: Mapping[int, Tick]
) -> list[tuple[int, Tick | None]]:
    changed: list[tuple[int, Tick | None]] = [
        (index, tick) for index, tick in after.items() if before.get(index) != tick
    ]
    return changed + [(index, None) for index in before.keys() - after.keys()]


def _columns(
    facts: PoolFacts, blocks: list[tuple[int, int, int, int, int, int]], ladders: Ladders
) -> PoolPast:
    return PoolPast(
        pool=facts,
        block_numbers=np.array([row[0] for row in blocks], dtype=np.int64),
        times_ms=np.array([row[1] for row in blocks], dtype=np.int64),
        sqrt_prices_x96=[row[2] for row in blocks],
        ticks=np.array([row[3] for row in blocks], dtype=np.int32),
        liquidity=[row[4] for row in blocks],
        ladders=ladders,
        ladder_numbers=np.array([row[5] for row in blocks], dtype=np.int32),
    )
