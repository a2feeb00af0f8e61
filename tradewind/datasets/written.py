"""Writes rows as the file of a dataset, and says of it what its manifest will say."""

from pathlib import Path
from typing import Annotated, Final

import polars as pl
from pydantic import Field

from tradewind.contracts.backtests.model import Instrument
from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS, Interval
from tradewind.contracts.wire import Document
from tradewind.datasets.candles import WholeCandles, gaps_of
from tradewind.datasets.frames import Header, write
from tradewind.datasets.model import (
    MAX_GAPS,
    MAX_NOTES,
    MAX_POOLS,
    Count,
    DatasetKind,
    Gap,
    Note,
    Provenance,
)
from tradewind.trading.marketdata.intervals import from_milliseconds


class Written(Document):
    """What is known about a file that was written; times in milliseconds since 1970."""

    kind: DatasetKind = Field(strict=False)
    instrument: Instrument | None = None
    interval: Interval | None = None
    from_ms: int
    to_ms: int
    rows: int
    gaps: Annotated[tuple[Gap, ...], Field(max_length=MAX_GAPS)] = ()
    gaps_total: Count = 0
    missing: Count = 0
    pools: Annotated[tuple[Address, ...], Field(max_length=MAX_POOLS)] = ()
    repairs: Annotated[tuple[Note, ...], Field(max_length=MAX_NOTES)] = ()
    provenance: Provenance


ONE_INSTANT_MS: Final = 1
"""How long a row lasts that is no candle."""


def write_candles(
    candles: WholeCandles, instrument: str, provenance: Provenance, path: Path
) -> Written:
    """Write candles to a path."""
    header = Header(
        kind=DatasetKind.CANDLES,
        instrument=instrument,
        interval=candles.interval,
        price_decimals=candles.price_decimals,
    )
    write(candles.frame, header, path)
    times = candles.frame["time"].dt.epoch("ms")
    gaps = gaps_of(times, candles.interval)
    return Written(
        kind=DatasetKind.CANDLES,
        instrument=instrument,
        interval=candles.interval,
        from_ms=int(times[0]),
        to_ms=int(times[-1]) + CANDLE_INTERVALS_SECONDS[candles.interval] * 1_000,
        rows=len(times),
        gaps=tuple(gaps.first),
        gaps_total=gaps.total,
        missing=gaps.missing,
        repairs=joined(candles.notes),
        provenance=provenance,
    )


def write_rows(
    frame: pl.DataFrame, header: Header, notes: list[Note], provenance: Provenance, path: Path
) -> Written:
    """Write signals or events of pools to a path."""
    write(frame, header, path)
    times = frame["time"].dt.epoch("ms")
    return Written(
        kind=header.kind,
        instrument=header.instrument,
        from_ms=int(times[0]),
        to_ms=int(times[-1]) + ONE_INSTANT_MS,
        rows=len(frame),
        pools=tuple(pool.address for pool in header.pools),
        repairs=joined(notes),
        provenance=provenance,
    )


def joined(notes: list[Note]) -> tuple[Note, ...]:
    """Return notes with those of equal text added up, as several files have them."""
    rows: dict[tuple[str, str], int] = {}
    for note in notes:
        key = (note.code, note.text)
        rows[key] = rows.get(key, 0) + note.rows
    found = [Note(code=code, rows=count, text=text) for (code, text), count in rows.items()]
    return tuple(found[:MAX_NOTES])


def period(written: Written) -> dict[str, object]:
    """Return the fields of a manifest that say when it begins and ends."""
    return {"from": from_milliseconds(written.from_ms), "to": from_milliseconds(written.to_ms)}
