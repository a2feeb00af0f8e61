"""Makes a dataset of every instrument's minutes of a day, once the day is over."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import structlog

from tradewind.datasets.model import Dataset
from tradewind.datasets.store import DatasetStore
from tradewind.postgres import Pool
from tradewind.runtime import clock
from tradewind.runtime.loops import beat
from tradewind.trading.ticks.candles import begin_of
from tradewind.trading.ticks.days import Minute, RecordedDays

DAY_SECONDS: Final = 86_400
SETTLED: Final = timedelta(minutes=10)
"""How long after its end a day waits for ticks that are on their way."""
INTERVAL: Final = "1m"
MAKER: Final = "recorder"

logger = structlog.get_logger("recorder")


class DayDatasets:
    """Remembers which days it made; what another process made has the same id, and stays one."""

    def __init__(self, pool: Pool, folder: Path, now: Callable[[], datetime] = clock.now) -> None:
        self._days = RecordedDays(pool)
        self._store = DatasetStore(pool)
        self._folder = folder
        self._now = now
        self._made_until: datetime | None = None

    async def make(self) -> int:
        """Make the datasets of the last day that is over; return how many are new.

        Nothing where polars is not installed. TransientError while PostgreSQL is away, OSError
        where the folder cannot be written.
        """
        day = begin_of(self._now() - SETTLED, DAY_SECONDS) - timedelta(seconds=DAY_SECONDS)
        if self._made_until == day or find_spec("polars") is None:
            return 0
        new = 0
        for instrument in await self._days.instruments():
            beat()
            minutes = await self._days.minutes(instrument, day)
            if minutes:
                dataset = await asyncio.to_thread(
                    make_dataset, self._folder, instrument, minutes, self._now
                )
                new += await self._store.add(dataset)
        self._made_until = day
        if new:
            logger.info("datasets made", day=day.date().isoformat(), datasets=new)
        return new


def make_dataset(
    folder: Path, instrument: str, minutes: Sequence[Minute], now: Callable[[], datetime]
) -> Dataset:
    """Keep minutes as a file in the folder, and return its manifest. It needs polars."""
    import polars as pl

    from tradewind.datasets.frames import CANDLES
    from tradewind.datasets.making import Maker
    from tradewind.datasets.model import Provenance

    columns = dict(zip(Minute._fields, zip(*minutes, strict=True), strict=True))
    frame = pl.DataFrame(
        {name: pl.Series(columns[name], strict=False).cast(kind) for name, kind in CANDLES.items()}
    )
    provenance = Provenance(source=MAKER, detail=f"{instrument} {minutes[0].time.date()}")
    return Maker(folder, now, MAKER).make_candles(frame, instrument, INTERVAL, provenance)
