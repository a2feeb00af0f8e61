"""JSON as a table: lists of lists, as CCXT and Freqtrade write, lists and lines of objects.

Numbers stay as they are written: a float in between would change some of them.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from tradewind.datasets.errors import DatasetRefused, row_error

MAX_JSON_BYTES: Final = 512 * 1024**2
"""JSON takes about ten times its size in memory."""
MAX_CELL: Final = 256
"""Characters of a value."""
ARRAY_COLUMNS: Final = ("time", "open", "high", "low", "close", "volume")
HYPERLIQUID: Final = {"t", "o", "h", "l", "c", "v"}
_HYPERLIQUID_NAMES: Final = {
    "t": "time",
    "o": "open",
    "h": "high",
    "l": "low",
    "c": "close",
    "v": "volume",
}


class JsonTable(NamedTuple):
    """Rows as text, and which format they have."""

    format: str
    frame: pl.DataFrame


def read_list(path: Path, max_rows: int) -> JsonTable:
    """Return the rows of a document that is a list; DatasetRefused for anything else."""
    text = _text(path)
    try:
        rows = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise DatasetRefused(f"it is no JSON: {str(error)[:100]}") from None
    if not isinstance(rows, list) or not rows:
        raise DatasetRefused("it is no list with rows in it")
    _check(len(rows), max_rows)
    return _of_arrays(rows) if isinstance(rows[0], list) else _of_objects(rows)


def read_lines(path: Path, max_rows: int) -> JsonTable:
    """Return the rows of a file with an object in each line."""
    rows = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        _check(len(rows) + 1, max_rows)
        try:
            rows.append(json.loads(line, parse_float=str, parse_int=str, parse_constant=str))
        except (ValueError, RecursionError):
            raise row_error(number, "line", "is no JSON object") from None
    return _of_objects(rows)


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_JSON_BYTES:
        raise DatasetRefused(f"{size:,} bytes of JSON; the limit is {MAX_JSON_BYTES:,}: use CSV")
    return path.read_text(encoding="utf-8-sig")


def _check(rows: int, max_rows: int) -> None:
    if rows > max_rows:
        raise DatasetRefused(f"more than {max_rows:,} rows, which is the limit")


def _of_arrays(rows: list[Any]) -> JsonTable:
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(ARRAY_COLUMNS):
            raise row_error(number, "row", "is no list of time, open, high, low, close and volume")
    columns = {
        name: _column((row[index] for row in rows), name)
        for index, name in enumerate(ARRAY_COLUMNS)
    }
    return JsonTable("ccxt", pl.DataFrame(columns))


def _of_objects(rows: list[Any]) -> JsonTable:
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise row_error(number, "row", "is no object")
    # A name may be missing where it has no value, so the first row does not have all of them.
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > 64:
        raise DatasetRefused(f"{len(names)} names; the limit is 64")
    is_hyperliquid = HYPERLIQUID <= set(names)
    if is_hyperliquid:
        names = [name for name in names if name in HYPERLIQUID]
    columns = {
        _HYPERLIQUID_NAMES.get(name, name) if is_hyperliquid else name: _column(
            (row.get(name) for row in rows), name
        )
        for name in names
    }
    return JsonTable("hyperliquid" if is_hyperliquid else "json", pl.DataFrame(columns))


def _column(values: Iterable[Any], name: str) -> pl.Series:
    """Return values as text; DatasetRefused for nested and for very long ones."""
    texts: list[str | None] = []
    for number, value in enumerate(values, start=1):
        if value is not None and not isinstance(value, str):
            raise row_error(number, name[:40], "is neither a number nor a text")
        if value is not None and len(value) > MAX_CELL:
            raise row_error(number, name[:40], f"has more than {MAX_CELL} characters")
        texts.append(value)
    return pl.Series(texts, dtype=pl.String)
