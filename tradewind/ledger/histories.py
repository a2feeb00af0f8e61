"""Every history of a kind, page by page: bounded memory, and nothing missing unnoticed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from itertools import groupby
from typing import Any, Final

from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.database import Pool, load_sql, outage_is_transient
from tradewind.ledger.records import HistoryDamaged, RecordedEvent, to_recorded

PAGE_EVENTS: Final = 2_000
"""Events of a page, unless its first history alone has more."""
PAGE_HISTORIES: Final = 500

_sql = partial(load_sql, "tradewind.ledger")
_HEADS = _sql("select_heads_after")
_EVENTS = (
    f"{_sql('select_events')} WHERE e.correlation_id = ANY($1) "
    "ORDER BY e.correlation_id, e.sequence"
)

type Histories = dict[str, list[RecordedEvent]]
"""Whole histories by correlation."""


async def all_histories(pool: Pool, kind: CorrelationKind) -> AsyncIterator[Histories]:
    """Return every history of a kind, in order of correlation, while others may append.

    A history is read as it stands when its page is. The next page is asked for while the present
    one is worked on. Raises HistoryDamaged, and TransientError while PostgreSQL is away.
    """
    asking = asyncio.ensure_future(_page(pool, kind, make_correlation_id(kind, "")))
    try:
        while (page := await asking)[0]:
            heads, rows = page
            asking = asyncio.ensure_future(_page(pool, kind, max(heads)))
            yield _read(heads, rows)
    finally:
        asking.cancel()


async def _page(
    pool: Pool, kind: CorrelationKind, after: str
) -> tuple[Mapping[str, int], list[Any]]:
    """Return the next heads (last sequences by correlation), and the rows of their events."""
    end = f"{kind.value}."  # the character after the dash
    with outage_is_transient():
        found = await pool.fetch(_HEADS, after, end, PAGE_HISTORIES)
        heads, events = {}, 0
        for correlation_id, last_sequence in found:
            events += last_sequence
            if heads and events > PAGE_EVENTS:
                break
            heads[correlation_id] = last_sequence
        return heads, await pool.fetch(_EVENTS, list(heads)) if heads else []


def _read(heads: Mapping[str, int], rows: list[Any]) -> Histories:
    by_correlation = groupby(map(to_recorded, rows), lambda one: one.event.correlation_id)
    histories = {name: list(history) for name, history in by_correlation}
    for name, last_sequence in heads.items():
        history = histories.get(name, [])
        is_whole = all(one.event.sequence == place for place, one in enumerate(history, 1))
        if not is_whole or len(history) < last_sequence:
            raise HistoryDamaged(f"{name} misses events below {last_sequence}")
    return histories
