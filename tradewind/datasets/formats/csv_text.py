"""Which CSV a text is: its separator, where its rows begin, and what its columns are called."""

import csv
import re
from typing import Final, NamedTuple

from pydantic import ValidationError

from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.frames import Header

SEPARATORS: Final = (",", ";", "\t", "|")
OWN_LINE: Final = "# tradewind "
"""The first line of a CSV of ours; what follows is the header of the dataset as JSON."""
KLINE_COLUMNS: Final = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)
BARE_COLUMNS: Final = KLINE_COLUMNS[:6]
MAX_HEADER_FIELDS: Final = 256
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?", re.ASCII)


class Dialect(NamedTuple):
    """How a CSV is written."""

    format: str
    separator: str
    lines_before: int
    """Before the first row of data."""
    names: tuple[str, ...]
    header: Header | None


def dialect_of(head: str) -> Dialect:
    """Return what the beginning of a CSV tells; DatasetRefused when it does not look like one."""
    lines = head.splitlines()
    before, header, is_cryptodatadownload = 0, None, False
    if lines[0].startswith(OWN_LINE):
        before, header = 1, _own_header(lines[0])
    elif lines[0].lower().startswith(("http://", "https://")):
        before, is_cryptodatadownload = 1, "cryptodatadownload" in lines[0].lower()
    while before < len(lines) and not lines[before].strip():
        before += 1
    if before >= len(lines):
        raise DatasetRefused("there is no line with names or values")
    separator = max(SEPARATORS, key=lines[before].count)
    fields = _fields(lines[before], separator)
    if all(_NUMBER.fullmatch(field) for field in fields):
        return _without_header(fields, separator, before)
    names = tuple(field.lower() for field in fields)
    known = "cryptodatadownload" if is_cryptodatadownload else _format_of(names)
    return Dialect("tradewind" if header else known, separator, before + 1, names, header)


def _fields(line: str, separator: str) -> list[str]:
    try:
        fields = next(csv.reader([line], delimiter=separator), [])
    except csv.Error as error:
        raise DatasetRefused(f"the first line is no CSV: {error}") from None
    if len(fields) > MAX_HEADER_FIELDS:
        raise DatasetRefused(f"the first line has {len(fields)} fields")
    return [field.strip() for field in fields]


def _without_header(fields: list[str], separator: str, before: int) -> Dialect:
    if len(fields) == len(KLINE_COLUMNS):
        return Dialect("binance_vision", separator, before, KLINE_COLUMNS, None)
    if len(fields) == len(BARE_COLUMNS):
        return Dialect("csv", separator, before, BARE_COLUMNS, None)
    raise DatasetRefused(
        f"there is no line with names, and {len(fields)} columns: only 6 (time, open, high, low, "
        "close, volume) and the 12 of Binance's klines are understood without one"
    )


def _format_of(names: tuple[str, ...]) -> str:
    known = set(names)
    if {"pool_topics", "pool_data"} <= known or {"tx_type", "sqrtpricex96"} <= known:
        return "demeter"
    if {"taker_buy_volume", "close_time"} <= known:
        return "binance_vision"
    if "unix" in known or "unix timestamp" in known:
        return "cryptodatadownload"
    if names[0] == "":
        return "backtesting_py"
    if names[0] == "time" and "open" in known:
        return "tradingview"
    return "csv"


def _own_header(line: str) -> Header:
    try:
        return Header.model_validate_json(line.removeprefix(OWN_LINE))
    except ValidationError:
        raise DatasetRefused("its first line is not one that Tradewind has written") from None
