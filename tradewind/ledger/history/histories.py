"""Every history of a kind, page by page: bounded memory, and nothing missing unnoticed."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import groupby
from typing import Any, Final, NamedTuple

from tradewind.contracts.ids import CorrelationKind
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import HistoryDamaged, RecordedEvent, to_recorded
from tradewind.postgres import Pool, outage_is_transient

PAGE_EVENTS: Final = 1_000
"""Events of a page, unless its first history alone has more."""
PAGE_HISTORIES: Final = 500

_HEADS = QUERIES["select_heads_after"]
_MIDDLE = QUERIES["select_middle_head"]
_EVENTS = QUERIES["select_page"]

type History = list[RecordedEvent]
type Page = Iterator[History]
"""Whole histories in order of correlation, each made when it is asked for."""


class HistoryRange(NamedTuple):
    """The histories of a kind with a correlation above `after` and below `until`."""

    kind: CorrelationKind
    after: str
    until: str


def whole(kind: CorrelationKind) -> HistoryRange:
    """Return the range of all histories of a kind."""
    return HistoryRange(kind, f"{kind.value}-", f"{kind.value}.")  # a dot follows the dash


async def halves(pool: Pool, histories: HistoryRange) -> tuple[HistoryRange, HistoryRange]:
    """Return two ranges of about as many histories; the second one starts in the first's end."""
    kind, after, until = histories
    with outage_is_transient():
        middle = await pool.fetchval(_MIDDLE, after, until) or after
    return HistoryRange(kind, after, f"{middle}\x01"), HistoryRange(kind, middle, until)


async def pages(pool: Pool, histories: HistoryRange) -> AsyncIterator[Page]:
    """Return every history of a range, while others may append.

    A history is read as it stands when its page is. The next page is asked for while the present
    one is worked on. Raises HistoryDamaged, and TransientError while PostgreSQL is away.
    """
    asking = asyncio.ensure_future(_ask(pool, histories))
    try:
        while (page := await asking)[0]:
            heads, rows = page
            asking = asyncio.ensure_future(_ask(pool, histories._replace(after=max(heads))))
            yield _read(heads, rows)
    finally:
        asking.cancel()


async def _ask(pool: Pool, histories: HistoryRange) -> tuple[Mapping[str, int], list[Any]]:
    """Return the next heads (last sequences by correlation), and the rows of their events."""
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


def _read(heads: Mapping[str, int], rows: list[Any]) -> Page:
    missing = dict(heads)
    for name, of_history in groupby(rows, lambda row: row["correlation_id"]):
        history = [to_recorded(row) for row in of_history]
        last_sequence = missing.pop(name)
        is_whole = all(one.event.sequence == place for place, one in enumerate(history, 1))
        if not is_whole or len(history) < last_sequence:
            raise HistoryDamaged(f"{name} misses events below {last_sequence}")
        yield history
    if missing:
        raise HistoryDamaged(f"{min(missing)} has no events")
