"""Shows recorded ticks and candles, page by page. Prices are quote for a whole base."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries
from tradewind.trading.ticks.candles import CLOSE_DELAY

_QUERIES: Final = load_queries("tradewind.trading.ticks")
_TICKS: Final = _QUERIES["select_ticks"]
_CANDLES: Final = _QUERIES["select_candles"]
_OPEN: Final = _QUERIES["select_open_candle"]
_FIRST: Final = _QUERIES["select_first_candle"]
_SYMBOL: Final = _QUERIES["select_symbol"]
_SYMBOLS: Final = _QUERIES["select_symbols"]


class TickPlace(NamedTuple):
    """A place among the ticks of an instrument."""

    time: datetime
    sequence: int


AFTER_ALL_TICKS: Final = TickPlace(datetime(9999, 12, 31, tzinfo=UTC), 2**63 - 1)


class RecordedTick(NamedTuple):
    """A tick as it was kept."""

    time: datetime
    sequence: int
    price: Decimal
    source: str
    block_number: int | None
    volume: Decimal | None

    @property
    def place(self) -> TickPlace:
        """Where the next page goes on."""
        return TickPlace(self.time, self.sequence)


class RecordedCandle(NamedTuple):
    """A candle; `volume` is whole base, None where no source says it."""

    time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None
    ticks: int
    is_closed: bool = True


class RecordedSymbol(NamedTuple):
    """An instrument that has ticks."""

    instrument: str
    symbol: str
    base: str
    quote: str
    sources: Sequence[str]
    first_time: datetime
    last_time: datetime
    last_price: Decimal


class Named(NamedTuple):
    """The instrument that a name leads to."""

    instrument: str
    symbol: str


class Stretch(NamedTuple):
    """The candles of a length that begin from `since` on and before `until`."""

    interval_seconds: int
    since: datetime
    until: datetime


class RecordedMarket:
    """Reads the tables of the recorder; DatabaseUnavailable while they cannot be asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def named(self, name: str) -> Named | None:
        """Return the instrument of a key or a symbol; None where nothing was recorded of it."""
        rows = await self._fetch(_SYMBOL, name)
        return Named(*rows[0]) if rows else None

    async def symbols(self, after: str, limit: int) -> list[RecordedSymbol]:
        """Return instruments beyond a key, in the order of their keys."""
        return [RecordedSymbol(*row) for row in await self._fetch(_SYMBOLS, after, limit)]

    async def ticks(
        self, instrument: str, since: datetime, until: datetime, before: TickPlace, limit: int
    ) -> list[RecordedTick]:
        """Return ticks of a time, newest first, before a place."""
        rows = await self._fetch(_TICKS, instrument, since, until, *before, limit)
        return [RecordedTick(*row) for row in rows]

    async def candles(
        self, instrument: str, wanted: Stretch, now: datetime
    ) -> list[RecordedCandle]:
        """Return candles, oldest first, with what the newest ticks say of those that go on."""
        seconds, since, until = wanted
        limit = int((until - since).total_seconds()) // seconds + 1
        rows = await self._fetch(_CANDLES, seconds, instrument, since, until, limit)
        newest = await self._fetch(_OPEN, instrument, since, seconds, until)
        found = {row[0]: RecordedCandle(*row) for row in rows}
        for one in (RecordedCandle(*row) for row in newest):
            known = found.get(one.time)
            found[one.time] = one if known is None else _joined(known, one)
        goes_on = {row[0] for row in newest}
        ended = now - CLOSE_DELAY - timedelta(seconds=seconds)
        return [
            one._replace(is_closed=one.time <= ended and one.time not in goes_on)
            for _, one in sorted(found.items())
        ]

    async def first_candle(self, instrument: str, interval_seconds: int) -> datetime | None:
        """Return where the oldest candle of a length begins; None where there is none."""
        rows = await self._fetch(_FIRST, interval_seconds, instrument)
        first: datetime | None = rows[0][0]
        return first

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        with outage_is_transient():
            rows: Sequence[Any] = await self._pool.fetch(query, *arguments)
            return rows


def _joined(known: RecordedCandle, later: RecordedCandle) -> RecordedCandle:
    """Return a candle with what came after it."""
    volumes = [one.volume for one in (known, later) if one.volume is not None]
    return known._replace(
        high=max(known.high, later.high),
        low=min(known.low, later.low),
        close=later.close,
        volume=sum(volumes, Decimal(0)) if volumes else None,
        ticks=known.ticks + later.ticks,
    )
