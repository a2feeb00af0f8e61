"""Reads all histories of a kind page by page, in bounded memory, and checks each for gaps."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import groupby
from typing import Any, Final, NamedTuple

from tradewind.contracts.ids import CorrelationKind
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import HistoryDamaged, RecordedEvent, to_recorded
from tradewind.postgres import Pool, outage_is_transient

PAGE_EVENTS: Final = 1_000
"""The most events of a page, unless its first history alone has more."""
PAGE_HISTORIES: Final = 500

_HEADS = QUERIES["select_heads_after"]
_MIDDLE = QUERIES["select_middle_head"]
_EVENTS = QUERIES["select_page"]


class StoredHistory(NamedTuple):
    """A whole history as the ledger has it."""

    correlation_id: str
    rows: list[Any]

    def events(self) -> list[RecordedEvent]:
        """Parse the events; HistoryDamaged where one is missing."""
        history = [to_recorded(row) for row in self.rows]
        if not all(one.event.sequence == place for place, one in enumerate(history, 1)):
            raise _gap(self.correlation_id, len(history))
        return history


type Page = Iterator[StoredHistory]
"""Whole histories in order of correlation."""


class HistoryRange(NamedTuple):
    """The histories of a kind whose correlation id is above `after` and below `until`."""

    kind: CorrelationKind
    after: str
    until: str


def whole(kind: CorrelationKind) -> HistoryRange:
    """Return the range of all histories of a kind."""
    return HistoryRange(kind, f"{kind.value}-", f"{kind.value}.")  # "." is next to "-" in ASCII


async def halves(pool: Pool, histories: HistoryRange) -> tuple[HistoryRange, HistoryRange]:
    """Return two adjacent ranges with about as many histories each."""
    kind, after, until = histories
    with outage_is_transient():
        middle = await pool.fetchval(_MIDDLE, after, until) or after
    return HistoryRange(kind, after, f"{middle}\x01"), HistoryRange(kind, middle, until)


async def pages(pool: Pool, histories: HistoryRange) -> AsyncIterator[Page]:
    """Return every history of a range, page by page, while others may append.

    A history goes as far as it did when its page was read. The next page is fetched while the
    caller works on this one. It raises HistoryDamaged for a gap, and TransientError while
    PostgreSQL is unavailable.
    """
    fetching = asyncio.ensure_future(_fetch_page(pool, histories))
    try:
        while (page := await fetching)[0]:
            heads, rows = page
            fetching = asyncio.ensure_future(
                _fetch_page(pool, histories._replace(after=max(heads)))
            )
            yield _parse_page(heads, rows)
    finally:
        fetching.cancel()


async def _fetch_page(pool: Pool, histories: HistoryRange) -> tuple[Mapping[str, int], list[Any]]:
    """Return the heads of the next histories (last sequence by correlation) and their rows."""
    with outage_is_transient():
        found = await pool.fetch(_HEADS, histories.after, histories.until, PAGE_HISTORIES)
        heads: dict[str, int] = {}
        events = 0
        for correlation_id, last_sequence in found:
            events += last_sequence
            if heads and events > PAGE_EVENTS:
                break
            heads[correlation_id] = last_sequence
        return heads, await pool.fetch(_EVENTS, list(heads)) if heads else []


def _parse_page(heads: Mapping[str, int], rows: list[Any]) -> Page:
    missing = dict(heads)
    for name, of_history in groupby(rows, lambda row: row["correlation_id"]):
        history = StoredHistory(name, list(of_history))
        last_sequence = missing.pop(name)
        if len(history.rows) < last_sequence:
            raise _gap(name, last_sequence)
        yield history
    if missing:
        raise HistoryDamaged(f"{min(missing)} has no events")


def _gap(correlation_id: str, last_sequence: int) -> HistoryDamaged:
    return HistoryDamaged(f"{correlation_id} misses events below {last_sequence}")
