"""Keeps ticks and makes candles of them; one process at a time does, and none that was replaced.

A candle is a question about ticks, and is made anew whenever one of its ticks comes: nothing of it
is in memory, so a process that dies loses none, and a tick that comes twice or late is no case of
its own. A minute that is over is made once, some seconds later; a late tick makes its minute again
in the transaction that keeps it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from tradewind.contracts.market.ticks import MarketTick
from tradewind.errors import TransientError
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.queries import load_queries
from tradewind.trading.ticks.candles import (
    LENGTHS,
    MINUTE_SECONDS,
    Candle,
    begin_of,
    is_due,
    longer,
)

TURN: Final = timedelta(seconds=8)
"""Who says nothing for so long is replaced."""
MAX_MINUTES: Final = 2_000
"""Of one transaction, so that none takes long after the recorder was away."""

_QUERIES: Final = load_queries("tradewind.trading.ticks")
_TAKE: Final = _QUERIES["take_turn"]
_KEEP: Final = _QUERIES["keep_turn"]
_END: Final = _QUERIES["end_turn"]
_PREPARE: Final = _QUERIES["prepare"]
_FORGET: Final = _QUERIES["forget_ticks"]
_TICKS: Final = _QUERIES["record_ticks"]
_LATEST: Final = _QUERIES["record_latest"]
_MINUTES: Final = _QUERIES["make_minutes"]
_LONGER: Final = _QUERIES["make_longer"]
_OPEN: Final = _QUERIES["select_open_minutes"]


class TurnLost(TransientError):
    """Another process records now. Nothing was written: begin again when it ends."""

    code = "TURN_LOST"


class ReceivedTick(NamedTuple):
    """A tick, and the sequence its stream gave it."""

    tick: MarketTick
    sequence: int

    @property
    def minute(self) -> Candle:
        """The minute it belongs to."""
        return Candle(self.tick.instrument, begin_of(self.tick.time, MINUTE_SECONDS))


class TickStore:
    """The tables of one process; every method raises TransientError while they cannot be asked."""

    def __init__(self, pool: Pool, holder: str) -> None:
        self._pool = pool
        self._holder = holder

    async def take_turn(self) -> bool:
        """Return whether this process records now, because it did or nobody else does."""
        with outage_is_transient():
            return await self._pool.fetchval(_TAKE, self._holder, TURN) is not None

    async def end_turn(self) -> None:
        """Let another process record at once."""
        with outage_is_transient():
            await self._pool.execute(_END, self._holder)

    async def prepare(self, kept: timedelta) -> tuple[int, int]:
        """Make the partitions of the days to come and drop older ticks; return how many."""
        with outage_is_transient():
            made = await self._pool.fetchval(_PREPARE)
            return int(made), int(await self._pool.fetchval(_FORGET, kept))

    async def open_minutes(self) -> set[Candle]:
        """Return the minutes with ticks of which no candle was made."""
        with outage_is_transient():
            return {Candle(*row) for row in await self._pool.fetch(_OPEN)}

    async def record(
        self, received: Sequence[ReceivedTick], due: Iterable[Candle], now: datetime
    ) -> int:
        """Keep ticks, and make the candles of minutes that are due and of those that were.

        TurnLost where another process records. Returns how many ticks are new.
        """
        late = {one.minute for one in received if is_due(one.minute.begins, now)}
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                if await connection.fetchval(_KEEP, self._holder, TURN) is None:
                    raise TurnLost("another process records ticks")
                new = await _keep(connection, received) if received else 0
                await _make(connection, sorted(late.union(due)))
        return new


async def _keep(connection: Connection, received: Sequence[ReceivedTick]) -> int:
    ticks = [one.tick for one in received]
    sequences = [one.sequence for one in received]
    new = await connection.fetchval(
        _TICKS,
        *_columns(ticks, "instrument", "time"),
        sequences,
        *_columns(ticks, "price", "source", "block_number", "volume"),
    )
    newest = {(one.tick.instrument, one.tick.source): one for one in sorted(received, key=_age)}
    latest = [one.tick for one in newest.values()]
    await connection.execute(
        _LATEST,
        *_columns(latest, "instrument", "source", "symbol", "base", "quote", "time"),
        [one.sequence for one in newest.values()],
        *_columns(latest, "price", "block_number"),
    )
    return int(new)


def _columns(ticks: Sequence[MarketTick], *names: str) -> list[list[Any]]:
    return [[getattr(tick, name) for tick in ticks] for name in names]


def _age(one: ReceivedTick) -> tuple[datetime, int]:
    return one.tick.time, one.sequence


async def _make(connection: Connection, minutes: Sequence[Candle]) -> None:
    """Make minutes from their ticks, and then each longer candle from the shorter ones."""
    if not minutes:
        return
    await connection.execute(_MINUTES, *_names(minutes))
    made = minutes
    for shorter_seconds, length_seconds in LENGTHS:
        made = longer(made, length_seconds)
        await connection.execute(_LONGER, *_names(made), length_seconds, shorter_seconds)


def _names(candles: Sequence[Candle]) -> tuple[list[str], list[datetime]]:
    return [one.instrument for one in candles], [one.begins for one in candles]
