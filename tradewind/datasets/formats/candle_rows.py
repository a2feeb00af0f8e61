"""Candles of a table, each row checked: exact prices above zero, the body inside the wicks."""

from typing import Final, NamedTuple

import polars as pl

from tradewind.datasets.errors import DatasetRefused, row_error
from tradewind.datasets.exact import to_decimals
from tradewind.datasets.formats.table import Table, load_columns
from tradewind.datasets.formats.times import Times, to_milliseconds
from tradewind.datasets.frames import PRICE, PRICES
from tradewind.datasets.model import Note

TIME_NAMES: Final = (
    "unix",
    "unix timestamp",
    "open_time",
    "open time",
    "opentime",
    "timestamp",
    "time",
    "datetime",
    "date",
    "open_time_ms",
    "index",
    "",
)
"""The first of these is a candle's opening; Unix time before a written one, which may be local."""
VOLUME_NAMES: Final = ("volume", "vol", "base_volume", "basevolume")
FIRST_ROW: Final = 1


class CandleRows(NamedTuple):
    """Candles in the order of a file, and what was repaired in its rows."""

    frame: pl.DataFrame
    """`time_ms` and the columns of a dataset but `time`."""
    notes: list[Note]


def is_candles(names: tuple[str, ...]) -> bool:
    """Return whether columns of these names are candles."""
    return set(PRICES) <= set(names)


def read_candles(table: Table, max_rows: int) -> CandleRows:
    """Return a table's candles; DatasetRefused names the row and the column of what is wrong."""
    time, volume = table.column(*TIME_NAMES), _volume(table)
    if time is None:
        raise DatasetRefused(f"no column is a time: {', '.join(table.names)[:200]}")
    wanted = [time, *(table.names.index(name) for name in PRICES)]
    wanted += [] if volume is None else [volume]
    raw = load_columns(table, wanted, max_rows)
    columns = raw.get_columns()
    times = to_milliseconds(columns[0], FIRST_ROW)
    notes = _notes_of(times)
    prices, rounded = [], 0
    for name, column in zip(PRICES, columns[1:5], strict=True):
        decimals, inexact = to_decimals(column, name, FIRST_ROW)
        prices.append(decimals.alias(name))
        rounded += inexact
    if rounded:
        notes.append(Note(code="rounded", rows=rounded, text="prices rounded to 18 places"))
    if volume is None:
        notes.append(Note(code="no_volume", rows=len(raw), text="there is no volume: 0 is kept"))
    volumes = _volumes(None if volume is None else columns[5], len(raw))
    frame = pl.DataFrame([times.milliseconds.alias("time_ms"), *prices, volumes])
    _check_rows(frame)
    return CandleRows(frame, notes)


def _volume(table: Table) -> int | None:
    named = table.column(*VOLUME_NAMES)
    if named is not None:
        return named
    return next((i for i, name in enumerate(table.names) if name.startswith("volume")), None)


def _volumes(column: pl.Series | None, rows: int) -> pl.Series:
    if column is None:
        return pl.Series("volume", [0.0]).new_from_index(0, rows)
    volume = column.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    wrong = ~(volume.is_finite() & (volume >= 0)).fill_null(False)
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        raise row_error(row + FIRST_ROW, "volume", f"{str(column[row])[:40]!r} is no volume")
    return volume.alias("volume")


def _notes_of(times: Times) -> list[Note]:
    notes = [
        Note(code=unit, rows=rows, text=f"times in {unit} were made milliseconds")
        for unit, rows in times.units.items()
        if unit != "milliseconds"
    ]
    if times.without_zone:
        text = "times without a zone were taken for UTC"
        notes.append(Note(code="without_zone", rows=times.without_zone, text=text))
    return notes


def _check_rows(frame: pl.DataFrame) -> None:
    """Refuse missing prices, prices of 0 and below, and candles that do not enclose themselves."""
    zero = pl.lit(0, dtype=PRICE)
    rules = {
        **{f"{name}_missing": pl.col(name).is_null() for name in PRICES},
        **{f"{name}_sign": pl.col(name) <= zero for name in PRICES},
        "high_low": pl.col("high") < pl.col("low"),
        "high_body": pl.col("high") < pl.max_horizontal("open", "close"),
        "low_body": pl.col("low") > pl.min_horizontal("open", "close"),
    }
    for rule, broken in rules.items():
        found = frame.select(broken.fill_null(False).alias("broken"))["broken"]
        if found.any():
            index = int(found.arg_max() or 0)
            field, _, kind = rule.partition("_")
            raise row_error(index + FIRST_ROW, field, _problem(frame.row(index, named=True), kind))


def _problem(row: dict[str, object], kind: str) -> str:
    shown = {name: f"{row[name]:f}" for name in PRICES if row[name] is not None}
    told = ", ".join(f"{name} {value.rstrip('0').rstrip('.')}" for name, value in shown.items())
    return {
        "missing": f"there is no price ({told})",
        "sign": f"a price must be above 0 ({told})",
        "low": f"is below the low ({told})",
        "body": f"does not enclose open and close ({told})",
    }[kind]
