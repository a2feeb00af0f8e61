"""Reads the minutes of whole days, for those who keep them elsewhere."""

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries

_QUERIES: Final = load_queries("tradewind.trading.ticks")
_DAY: Final = _QUERIES["select_day"]
_INSTRUMENTS: Final = _QUERIES["select_instruments"]


class Minute(NamedTuple):
    """A candle of a minute; `volume` is whole base, 0 where no source says it."""

    time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class RecordedDays:
    """Reads the tables of the recorder; DatabaseUnavailable while they cannot be asked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def instruments(self) -> list[str]:
        """Return every instrument that has ticks."""
        with outage_is_transient():
            return [row[0] for row in await self._pool.fetch(_INSTRUMENTS)]

    async def minutes(self, instrument: str, day: datetime) -> list[Minute]:
        """Return the minutes of a day that have a candle, oldest first."""
        with outage_is_transient():
            return [Minute(*row) for row in await self._pool.fetch(_DAY, instrument, day)]
