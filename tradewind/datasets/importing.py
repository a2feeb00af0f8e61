"""Files of any known format made into the file of one dataset."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import polars as pl
from pydantic import Field

from tradewind.contracts.backtests.model import Instrument
from tradewind.contracts.market.model import Interval
from tradewind.contracts.wire import Document
from tradewind.datasets.candles import whole
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.formats.candle_rows import is_candles, read_candles
from tradewind.datasets.formats.pool_rows import (
    is_block_times,
    is_pool_events,
    read_block_times,
    read_pool_events,
    to_frame,
)
from tradewind.datasets.formats.signal_rows import is_signals, read_signals
from tradewind.datasets.formats.source import Source, opened
from tradewind.datasets.formats.table import Table, open_table
from tradewind.datasets.frames import Header, PoolHeader
from tradewind.datasets.model import MAX_POOLS, DatasetKind, Note, Provenance
from tradewind.datasets.pool_events import PoolEvent, past_of
from tradewind.datasets.written import Written, write_candles, write_rows

MAX_FILES: Final = 1_024
MAX_DETAIL: Final = 300


class ImportRequest(Document):
    """What is imported, and what the files do not say themselves."""

    files: Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_FILES)]
    """Paths. All are of one kind; their rows become one history."""
    instrument: Instrument | None = None
    """Of candles and of pools; of signals that name none."""
    interval: Interval | None = None
    """Of candles; told by their times when absent."""
    pools: Annotated[tuple[PoolHeader, ...], Field(max_length=MAX_POOLS)] = ()
    max_bytes: int
    """Of each file, and of what it unpacks to."""
    max_rows: int
    now_ms: int
    """Candles that close later are open."""


class Opened:
    """The files of a request as they are read one by one."""

    def __init__(self, request: ImportRequest, scratch: Path, told: Callable[[str], None]) -> None:
        self.request = request
        self._scratch = scratch
        self._told = told
        self.formats: list[str] = []
        self.sha256: list[str] = []
        self.names: list[str] = []

    def each[T](self, read: Callable[[Table, int], T | None]) -> list[T]:
        """Return what `read` makes of every file, in their order; errors name the file."""
        found: list[T] = []
        rows_left = self.request.max_rows
        for name in self.request.files:
            path = Path(name)
            self._told(path.name)
            with named(path.name), opened(path, self._scratch, self.request.max_bytes) as source:
                table = open_table(source, rows_left)
                one = read(table, rows_left)
                self._note(source, table)
            if one is not None:
                found.append(one)
        return found

    def _note(self, source: Source, table: Table) -> None:
        self.names.append(source.name)
        self.sha256.append(source.sha256)
        if table.format not in self.formats:
            self.formats.append(table.format)

    def provenance(self) -> Provenance:
        """Return where the rows come from."""
        return Provenance(
            source="+".join(self.formats)[:64],
            detail=", ".join(self.names)[:MAX_DETAIL],
            source_sha256=tuple(self.sha256),
        )


@contextmanager
def named(name: str) -> "object":  # type: ignore[misc]
    """Name the file in the error of the block."""
    try:
        yield
    except DatasetRefused as error:
        text = str(error)
        raise DatasetRefused(text if text.startswith(name) else f"{name}: {text}") from None


def import_files(
    request: ImportRequest, scratch: Path, target: Path, told: Callable[[str], None]
) -> Written:
    """Write the dataset that the files make to `target`; DatasetRefused says why they make none.

    `scratch` is a folder for what is unpacked; `told` is called with the name of each file.
    """
    first = Path(request.files[0])
    with named(first.name), opened(first, scratch, request.max_bytes) as source:
        table = open_table(source, request.max_rows)
    files = Opened(request, scratch, told)
    if is_signals(table.names):
        return _signals(files, target)
    if is_pool_events(table.names) or is_block_times(table.names):
        return _pool_events(files, table, target)
    if is_candles(table.names):
        return _candles(files, table, target)
    columns = ", ".join(table.names)[:200]
    raise DatasetRefused(
        f"{first.name}: neither candles, signals nor events of pools; its columns: {columns}"
    )


def _candles(files: Opened, table: Table, target: Path) -> Written:
    request = files.request
    instrument = request.instrument or _own_instrument(table)
    if instrument is None:
        raise DatasetRefused("candles do not say what they are of: give --as, such as WETH/USDC")
    read = files.each(lambda one, rows: read_candles(one, rows))
    notes = [note for part in read for note in part.notes]
    frames = [part.frame for part in read]
    _check_total(sum(map(len, frames)), request.max_rows)
    made = whole(frames, request.interval or _own_interval(table), request.now_ms)
    made = made._replace(notes=[*notes, *made.notes])
    return write_candles(made, instrument, files.provenance(), target)


def _own_instrument(table: Table) -> str | None:
    return None if table.header is None else table.header.instrument


def _own_interval(table: Table) -> str | None:
    return None if table.header is None else table.header.interval


def _signals(files: Opened, target: Path) -> Written:
    request = files.request
    read = files.each(lambda one, rows: read_signals(one, rows, request.instrument))
    notes = [note for part in read for note in part.notes]
    frame = pl.concat([part.frame for part in read])
    _check_total(len(frame), request.max_rows)
    if not frame["time"].is_sorted():
        frame = frame.sort("time", maintain_order=True)
    header = Header(kind=DatasetKind.SIGNALS)
    return write_rows(frame, header, notes, files.provenance(), target)


def _pool_events(files: Opened, table: Table, target: Path) -> Written:
    request = files.request
    pools = request.pools or (table.header.pools if table.header else ())
    instrument = request.instrument or _own_instrument(table)
    if not pools or instrument is None:
        raise DatasetRefused(
            "events do not say which pools they are of: give --as WETH/USDC and --pool, such as "
            "0x88e6…:500, for each"
        )
    facts = [pool.facts() for pool in pools]
    block_times: dict[int, int] = {}
    for one in files.each(
        lambda table, rows: read_block_times(table, rows) if is_block_times(table.names) else None
    ):
        block_times |= one
    events = Opened(request, files._scratch, lambda name: None)
    read = events.each(
        lambda table, rows: None
        if is_block_times(table.names)
        else read_pool_events(table, rows, facts, block_times)
    )
    notes = [note for part in read for note in part.notes]
    rows = ordered([event for part in read for event in part.events], notes)
    _check_total(len(rows), request.max_rows)
    check_pools(pools, rows)
    header = Header(kind=DatasetKind.POOL_EVENTS, instrument=instrument, pools=pools)
    return write_rows(to_frame(rows), header, notes, events.provenance(), target)


def ordered(events: Sequence[PoolEvent], notes: list[Note]) -> list[PoolEvent]:
    """Return events in the order of the chain, each once."""
    if not events:
        raise DatasetRefused("there are no events of these pools")
    rows = sorted(events, key=lambda one: (one.block_number, one.log_index))
    once = [
        row for row, before in zip(rows, [None, *rows[:-1]], strict=True) if row != before
    ]
    if dropped := len(rows) - len(once):
        notes.append(Note(code="duplicates", rows=dropped, text="events that were there twice"))
    places = [(row.block_number, row.log_index) for row in once]
    if len(set(places)) != len(places):
        raise DatasetRefused("two different events have the same block and log index")
    return once


def check_pools(pools: Sequence[PoolHeader], events: Sequence[PoolEvent]) -> None:
    """Replay the pools; DatasetRefused when some lack a price or their events contradict."""
    for pool in pools:
        own = [event for event in events if event.pool == pool.address]
        if not len(past_of(pool.facts(), own)):
            raise DatasetRefused(f"pool {pool.address} has no event that tells its price")


def _check_total(rows: int, max_rows: int) -> None:
    if rows > max_rows:
        raise DatasetRefused(f"{rows:,} rows in all; the limit is {max_rows:,}")
