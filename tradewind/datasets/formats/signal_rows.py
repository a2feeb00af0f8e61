"""Signals of a file: `time, instrument, side, size?, limit_price?, id?`, from any tool."""

from typing import Final, NamedTuple

import polars as pl

from tradewind.contracts.backtests.model import MAX_TRADES
from tradewind.datasets.columns import SIDE_NUMBERS
from tradewind.datasets.errors import DatasetRefused, row_error
from tradewind.datasets.exact import MAX_SHOWN, to_decimals
from tradewind.datasets.formats.candle_rows import FIRST_ROW
from tradewind.datasets.formats.table import Table, load_columns
from tradewind.datasets.formats.times import to_milliseconds
from tradewind.datasets.frames import PRICE, SIGNALS, TIME
from tradewind.datasets.model import MAX_POOLS, Note

MAX_SIGNALS: Final = MAX_TRADES
MAX_ID: Final = 64
SIDE_WORDS: Final = {
    **{side: side for side in SIDE_NUMBERS},
    "buy": "acquire",
    "long": "acquire",
    "sell": "dispose",
    "exit": "close",
    "flat": "close",
}
_INSTRUMENT: Final = r"^[a-z0-9_]{1,32}-[A-Za-z0-9.]{1,16}-[A-Za-z0-9.]{1,16}$"


class SignalRows(NamedTuple):
    """Signals as a dataset keeps them, and what was repaired."""

    frame: pl.DataFrame
    notes: list[Note]


def is_signals(names: tuple[str, ...]) -> bool:
    """Return whether columns of these names are signals."""
    return "side" in names and bool({"time", "timestamp"} & set(names))


def read_signals(table: Table, max_rows: int, instrument: str | None) -> SignalRows:
    """Return a table's signals; DatasetRefused names the row and the column of what is wrong.

    `instrument` is that of rows which name none.
    """
    wanted = {"time": table.column("time", "timestamp"), "side": table.column("side")}
    optional = ("instrument", "size", "limit_price", "id")
    wanted |= {name: table.column(name) for name in optional}
    present = {name: number for name, number in wanted.items() if number is not None}
    raw = load_columns(table, list(present.values()), min(max_rows, MAX_SIGNALS))
    columns = dict(zip(present, raw.get_columns(), strict=True))
    notes: list[Note] = []
    times = to_milliseconds(columns["time"], FIRST_ROW)
    frame = pl.DataFrame(
        [
            times.milliseconds.cast(TIME).alias("time"),
            _instruments(columns.get("instrument"), len(raw), instrument),
            _sides(columns["side"], notes),
            _amounts(columns.get("size"), "size", len(raw)),
            _amounts(columns.get("limit_price"), "limit_price", len(raw)),
            _ids(columns.get("id"), len(raw)),
        ]
    )
    if not frame["time"].is_sorted():
        notes.append(Note(code="unsorted", rows=len(frame), text="rows were sorted by time"))
        frame = frame.sort("time", maintain_order=True)
    once = frame.unique(maintain_order=True)
    if dropped := len(frame) - len(once):
        notes.append(Note(code="duplicates", rows=dropped, text="rows that were there twice"))
    return SignalRows(once.select(SIGNALS.keys()), notes)


def _texts(column: pl.Series | None, name: str, rows: int) -> pl.Series:
    if column is None:
        return pl.Series(name, [None], dtype=pl.String).new_from_index(0, rows)
    text = column.cast(pl.String).str.strip_chars().alias(name)
    return text.set(text == "", None)


def _instruments(column: pl.Series | None, rows: int, default: str | None) -> pl.Series:
    named = _texts(column, "instrument", rows)
    if default is not None:
        named = named.fill_null(default)
    _require(named.str.contains(_INSTRUMENT), named, "is no instrument: <chain>-<base>-<quote>")
    if (count := named.n_unique()) > MAX_POOLS:
        raise DatasetRefused(f"{count} instruments; the limit is {MAX_POOLS}")
    return named


def _sides(column: pl.Series, notes: list[Note]) -> pl.Series:
    written = _texts(column, "side", len(column))
    sides = written.str.to_lowercase().replace_strict(SIDE_WORDS, default=None, return_dtype=pl.String)
    _require(sides.is_not_null(), written, "is none of acquire, dispose and close")
    if other := int((sides != written).sum()):
        text = "sides with other words or capitals, such as buy for acquire"
        notes.append(Note(code="sides", rows=other, text=text))
    return sides.alias("side")


def _amounts(column: pl.Series | None, name: str, rows: int) -> pl.Series:
    if column is None:
        return pl.Series(name, [None], dtype=PRICE).new_from_index(0, rows)
    amounts, _ = to_decimals(column, name, FIRST_ROW)
    zero = pl.Series([0], dtype=PRICE)
    _require((amounts > zero) | amounts.is_null(), column.alias(name), "must be above 0")
    return amounts.alias(name)


def _ids(column: pl.Series | None, rows: int) -> pl.Series:
    ids = _texts(column, "id", rows)
    fits = ids.str.contains(rf"^[\x20-\x7e]{{1,{MAX_ID}}}$") | ids.is_null()
    _require(fits, ids, f"must be at most {MAX_ID} printable ASCII characters")
    return ids


def _require(holds: pl.Series, column: pl.Series, problem: str) -> None:
    """Refuse the first row for which something does not hold."""
    broken = ~holds.fill_null(False)
    if broken.any():
        index = int(broken.arg_max() or 0)
        value = column[index]
        shown = "there is none, and it" if value is None else repr(str(value)[:MAX_SHOWN])
        raise row_error(index + FIRST_ROW, column.name, f"{shown} {problem}")

