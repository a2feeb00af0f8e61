"""Writes trades as CSV that no spreadsheet takes for formulas."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

from tradewind.contracts.backtests.results import Trade

COLUMNS: Final = tuple(Trade.model_fields)
HEADER: Final = ",".join(COLUMNS).encode() + b"\r\n"
_NUMBER: Final = re.compile(r"-?[0-9.]+", re.ASCII)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What a spreadsheet may run, as the first character of a cell."""


def csv_rows(trades: Iterable[Trade]) -> bytes:
    """Return a line for each trade."""
    text = io.StringIO()
    writer = csv.writer(text)
    for trade in trades:
        shown = trade.model_dump(mode="json")
        writer.writerow([_cell(shown.get(name)) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
