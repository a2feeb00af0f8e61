"""Reads recorded decisions of risk, and fills, into columns: hundreds of thousands in a second.

They come by binary COPY as bigints, so every row has the same width and numpy takes all at once.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import PermanentError
from tradewind.postgres import Connection
from tradewind.simulation.whatif.rows import (
    DECISION_FIELDS,
    FILL_FIELDS,
    Names,
    decision_dtype,
    fill_dtype,
)
from tradewind.timeline.queries import QUERIES

MAX_ROWS: Final = 5_000_000
STATEMENT_SECONDS: Final = 120.0
_HEADER_BYTES: Final = 19
_TRAILER_BYTES: Final = 2
_DECISIONS = QUERIES["decision_columns"]
_NAMES = QUERIES["decision_names"]
_FILLS = QUERIES["fill_columns"]
_CORRELATIONS = QUERIES["decided_correlations"]


class TooManyDecisions(PermanentError):
    """There are more decisions than are read at once. Ask for a shorter time or one strategy."""

    code = "RANGE_TOO_LARGE"


class Range(NamedTuple):
    """From when to when, and of which strategy; None is all of them."""

    since: datetime
    until: datetime
    strategy_id: str | None = None

    @property
    def words(self) -> dict[str, str]:
        """The range as literals of SQL; COPY takes no arguments."""
        return {
            ":since": str(_ms(self.since)),
            ":until": str(_ms(self.until)),
            ":strategy": "NULL" if self.strategy_id is None else _quoted(self.strategy_id),
        }


async def read_decisions(connection: Connection, wanted: Range) -> NDArray[Any]:
    """Return the decisions of a range in order of `global_seq`; TooManyDecisions."""
    return await _copied(connection, _DECISIONS, wanted.words, decision_dtype(), DECISION_FIELDS)


async def read_names(connection: Connection, wanted: Range) -> Names:
    """Return what the hashes of these decisions stand for."""
    found: dict[str, dict[int, str]] = {
        "strategy": {},
        "portfolio": {},
        "instrument": {},
        "failed": {},
    }
    times = _ms(wanted.since), _ms(wanted.until)
    rows = await connection.fetch(_NAMES, *times, wanted.strategy_id, timeout=STATEMENT_SECONDS)
    for kind, name, hashed in rows:
        found[kind][hashed] = name
    return Names(*found.values())


async def read_fills(
    connection: Connection, wanted: Range, decisions: NDArray[Any]
) -> NDArray[Any]:
    """Return the fills of the intents that these decisions are about."""
    opened = decisions["opened_seq"]
    first, last = (int(opened.min()), int(opened.max())) if len(opened) else (0, -1)
    words = wanted.words | {":first": str(first), ":last": str(last)}
    return await _copied(connection, _FILLS, words, fill_dtype(), FILL_FIELDS)


async def read_correlations(connection: Connection, sequences: list[int]) -> dict[int, str]:
    """Return the histories of decisions by their `global_seq`."""
    return dict(await connection.fetch(_CORRELATIONS, sequences, timeout=STATEMENT_SECONDS))


async def _copied(
    connection: Connection,
    query: str,
    words: dict[str, str],
    dtype: np.dtype[Any],
    fields: tuple[str, ...],
) -> NDArray[Any]:
    for word, literal in words.items():
        query = query.replace(word, literal)
    width = 2 + len(fields) * 12
    copied = bytearray()

    async def take(part: bytes) -> None:
        copied.extend(part)
        if len(copied) > MAX_ROWS * width:
            raise TooManyDecisions(f"there are more than {MAX_ROWS:,} rows")

    await connection.copy_from_query(query, output=take, format="binary", timeout=STATEMENT_SECONDS)
    return unpacked(copied, dtype, fields)


def unpacked(
    copied: bytes | bytearray, dtype: np.dtype[Any], fields: tuple[str, ...]
) -> NDArray[Any]:
    """Return the rows of a binary COPY in which every column is a bigint and none is null."""
    wire = np.dtype(
        [("count", ">i2")]
        + [part for name in fields for part in ((f"{name} bytes", ">i4"), (name, ">i8"))]
    )
    size = len(copied) - _HEADER_BYTES - _TRAILER_BYTES
    read = np.frombuffer(copied, wire, size // wire.itemsize, _HEADER_BYTES)
    rows = np.empty(len(read), dtype)
    for name in fields:
        rows[name] = read[name]
    return rows


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def _quoted(text: str) -> str:
    """Return a literal of SQL. A strategy's id has no quotes anyway: whoever parses it says so."""
    if not text.isascii() or not text.isprintable() or set(text) & {"'", "\\"}:
        raise ValueError("not the id of a strategy")
    return f"'{text}'"
