"""Events of pools from other tools: logs as cryo writes them, and demeter's raw and tick files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.datasets.columns import PoolFacts
from tradewind.datasets.errors import DatasetRefused, row_error
from tradewind.datasets.formats.candle_rows import FIRST_ROW
from tradewind.datasets.formats.table import Table, load_columns
from tradewind.datasets.formats.times import to_milliseconds
from tradewind.datasets.frames import POOL_EVENTS, TIME
from tradewind.datasets.model import Note
from tradewind.datasets.pool_events import PoolEvent, decode

MAX_WORDS: Final = 32
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_WHOLE: Final = re.compile(r"(-?\d{1,78})(?:\.0*)?")
CRYO: Final = ("block_number", "log_index", "address", "topic0", "data")
TOPICS: Final = ("topic0", "topic1", "topic2", "topic3")
RAW: Final = ("block_number", "block_timestamp", "pool_log_index", "pool_topics", "pool_data")
TICK: Final = (
    "block_number",
    "block_timestamp",
    "pool_log_index",
    "tx_type",
    "sqrtpricex96",
    "total_liquidity",
    "current_tick",
    "tick_lower",
    "tick_upper",
    "liquidity",
)
_TIMES: Final = ("timestamp", "block_timestamp", "block_time")
_TICK_EVENTS: Final = {"SWAP": "swap", "MINT": "mint", "BURN": "burn"}

type Malformed = ValueError | KeyError | TypeError | IndexError


class PoolRows(NamedTuple):
    """Events in the order of a file, and what was left out."""

    events: list[PoolEvent]
    notes: list[Note]


def is_pool_events(names: tuple[str, ...]) -> bool:
    """Return whether columns of these names are events of pools."""
    return any(set(columns) <= set(names) for columns in (CRYO, RAW, TICK, POOL_EVENTS.keys()))


def is_block_times(names: tuple[str, ...]) -> bool:
    """Return whether columns of these names say when blocks were, as cryo's file of blocks does."""
    has_time = any(name in names for name in _TIMES)
    number = "number" in names or "block_number" in names
    return has_time and number and not is_pool_events(names)


def read_block_times(table: Table, max_rows: int) -> dict[int, int]:
    """Return the times of blocks in milliseconds, by number."""
    number, time = table.column("block_number", "number"), table.column(*_TIMES)
    assert number is not None
    assert time is not None
    raw = load_columns(table, [number, time], max_rows)
    times = to_milliseconds(raw.get_columns()[1], FIRST_ROW).milliseconds
    numbers = raw.get_columns()[0].cast(pl.Int64)
    return dict(zip(numbers.to_list(), times.to_list(), strict=True))


def read_pool_events(
    table: Table, max_rows: int, pools: Sequence[PoolFacts], block_times: Mapping[int, int]
) -> PoolRows:
    """Return the events of these pools; DatasetRefused names the row of what is wrong."""
    known = {pool.address for pool in pools}
    if set(POOL_EVENTS) <= set(table.names):
        return PoolRows(list(_own(_frame(table, tuple(POOL_EVENTS), max_rows))), [])
    if set(CRYO) <= set(table.names):
        return _cryo(table, max_rows, known, block_times)
    if len(known) != 1:
        raise DatasetRefused("demeter's files are of one pool and do not name it: give one --pool")
    read = _raw if set(RAW) <= set(table.names) else _tick
    return PoolRows(list(read(table, max_rows, next(iter(known)))), [])


def _frame(table: Table, names: Sequence[str], max_rows: int) -> pl.DataFrame:
    raw = load_columns(table, [table.names.index(name) for name in names], max_rows)
    return raw.rename(dict(zip(raw.columns, names, strict=True)))


def rows_of(frame: pl.DataFrame) -> Iterator[PoolEvent]:
    """Return the events of a dataset's frame."""
    return _own(frame)


def _own(frame: pl.DataFrame) -> Iterator[PoolEvent]:
    times = to_milliseconds(frame["time"], FIRST_ROW).milliseconds
    plain = frame.with_columns(times.alias("time"))
    for number, row in enumerate(plain.iter_rows(named=True), start=FIRST_ROW):
        try:
            yield PoolEvent(
                *(int(row["block_number"]), int(row["time"]), int(row["log_index"])),
                *(str(row["pool"]), str(row["event"])),
                *(_maybe(row[name]) for name in ("sqrt_price_x96", "liquidity", "tick")),
                *(_maybe(row[name]) for name in ("tick_lower", "tick_upper", "amount")),
            )
        except (ValueError, TypeError) as error:
            raise row_error(number, "event", str(error)[:100]) from None


def _maybe(value: Any) -> int | None:
    return None if value is None or value == "" else _whole(value)


def _whole(value: Any) -> int:
    """Return an integer, also one that a data frame has written as 12.0."""
    written = _WHOLE.fullmatch(str(value).strip())
    if written is None:
        raise ValueError(f"{str(value)[:40]!r} is no integer")
    return int(written[1])


def _cryo(
    table: Table, max_rows: int, known: set[str], block_times: Mapping[int, int]
) -> PoolRows:
    time = next((name for name in _TIMES if name in table.names), None)
    names = [*CRYO[:3], "data", *(name for name in TOPICS if name in table.names)]
    frame = _frame(table, names if time is None else [*names, time], max_rows)
    times = None if time is None else to_milliseconds(frame[time], FIRST_ROW).milliseconds
    events, others = [], 0
    for number, row in enumerate(frame.iter_rows(named=True)):
        try:
            log = _log_of(row)
            block = int(row["block_number"])
            if log["address"] not in known:
                others += 1
                continue
            at = block_times.get(block) if times is None else int(times[number])
            if at is None:
                raise DatasetRefused(
                    f"nothing says when block {block} was: add the file of blocks (cryo blocks)"
                )
            event = decode(log, block, at, int(row["log_index"]))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise row_error(number + FIRST_ROW, "log", str(error)[:100]) from None
        if event is not None:
            events.append(event)
    text = "logs of other contracts than the given pools were left out"
    return PoolRows(events, [Note(code="other_logs", rows=others, text=text)] if others else [])


def _log_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of cryo, whose values are bytes or hexadecimal, as a log of JSON-RPC."""
    topics = [row.get(name) for name in TOPICS]
    return {
        "address": to_checksum_address(_hexadecimal(row["address"])),
        "topics": [_hexadecimal(topic) for topic in topics if topic not in (None, "", b"")],
        "data": _hexadecimal(row["data"] or b""),
    }


def _hexadecimal(value: Any) -> str:
    text = f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
    if len(text) > 2 + 64 * MAX_WORDS or not re.fullmatch(r"0x[0-9a-fA-F]*", text):
        raise ValueError("a value is no hexadecimal number of a log")
    return text


def _raw(table: Table, max_rows: int, pool: str) -> Iterator[PoolEvent]:
    frame = _frame(table, RAW, max_rows)
    times = to_milliseconds(frame["block_timestamp"], FIRST_ROW).milliseconds
    for number, row in enumerate(frame.iter_rows(named=True)):
        try:
            log = {
                "address": pool,
                "topics": _HEX.findall(str(row["pool_topics"])[:1_000]),
                "data": _hexadecimal(row["pool_data"] or "0x"),
            }
            place = (_whole(row["block_number"]), int(times[number]))
            event = decode(log, *place, _whole(row["pool_log_index"]))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise row_error(number + FIRST_ROW, "pool_data", str(error)[:100]) from None
        if event is not None:
            yield event


def _tick(table: Table, max_rows: int, pool: str) -> Iterator[PoolEvent]:
    frame = _frame(table, TICK, max_rows)
    times = to_milliseconds(frame["block_timestamp"], FIRST_ROW).milliseconds
    for number, row in enumerate(frame.iter_rows(named=True)):
        event = _TICK_EVENTS.get(str(row["tx_type"]).upper())
        if event is None:
            continue
        names = ("sqrtpricex96", "total_liquidity", "current_tick")
        moved = ("tick_lower", "tick_upper", "liquidity")
        try:
            values = [_whole(row[name]) for name in (names if event == "swap" else moved)]
            place = (_whole(row["block_number"]), int(times[number]))
            where = (*place, _whole(row["pool_log_index"]), pool, event)
        except (ValueError, TypeError) as error:
            raise row_error(number + FIRST_ROW, event, str(error)[:100]) from None
        if event == "swap":
            yield PoolEvent(*where, *values)
        else:
            yield PoolEvent(*where, None, None, None, values[0], values[1], abs(values[2]))


def to_frame(events: Sequence[PoolEvent]) -> pl.DataFrame:
    """Return events as a dataset keeps them."""
    names = ("sqrt_price_x96", "liquidity", "amount")
    schema: dict[str, Any] = dict(POOL_EVENTS) | {"time": pl.Int64()}
    columns = {
        name: [
            None if value is None else str(value) if name in names else value for value in values
        ]
        for name, values in zip(POOL_EVENTS, zip(*events, strict=True), strict=True)
    }
    return pl.DataFrame(columns, schema=schema).with_columns(pl.col("time").cast(TIME))
