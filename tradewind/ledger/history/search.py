"""Finds recorded events by topic, portfolio, history and time, page by page and by indexes only."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import Any, Final, NamedTuple

from tradewind.contracts.registry import TOPICS
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import RecordedEvent, to_recorded
from tradewind.postgres import Connection, Pool, outage_is_transient

PARSED_AT_ONCE: Final = 20
"""How many events are parsed before others have their turn: a page is work for the processor."""
MAX_GLOBAL_SEQ: Final = 2**63 - 1

_PLACE_BEFORE = QUERIES["select_place_before"]
_ALL = QUERIES["select_places"]
_OF_TOPICS = QUERIES["select_places_of_topics"]
_OF_PORTFOLIO = QUERIES["select_places_of_portfolio"]
_OF_PRODUCER = QUERIES["select_places_of_producer"]
_OF_HISTORY = QUERIES["select_places_of_history"]
_AT = QUERIES["select_at"]


class EventFilter(NamedTuple):
    """What events have to have; None means any. Times are those at which they were recorded."""

    topics: Sequence[str] | None = None
    portfolio_id: str | None = None
    correlation_id: str | None = None
    since: datetime | None = None
    """Included."""
    until: datetime | None = None
    """Not included."""
    producer: str | None = None


class EventSearch:
    """Searches the ledger. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self,
        wanted: EventFilter,
        cursor: int | None = None,
        limit: int = 50,
        *,
        newest_first: bool = True,
    ) -> list[RecordedEvent]:
        """Return events beyond the global_seq `cursor`, in order of global_seq.

        Events are recorded in that order. So a time range is one of global_seq, whose ends are
        looked up first; there is no index on times.
        """
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                after, before = await places_between(
                    connection, wanted.since, wanted.until, cursor, newest_first=newest_first
                )
                statement, arguments = _places(wanted)
                rows = await connection.fetch(
                    _ordered(statement, newest_first=newest_first), after, before, limit, *arguments
                )
                places = [row["global_seq"] for row in rows]
                rows = await connection.fetch(_ordered(_AT, newest_first=newest_first), places)
        return await parsed(rows)


async def places_between(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    cursor: int | None = None,
    *,
    newest_first: bool = True,
) -> tuple[int, int]:
    """Return the numbers between which a page lies; neither belongs to it."""
    after, before = 0, MAX_GLOBAL_SEQ
    if since is not None:
        after = await connection.fetchval(_PLACE_BEFORE, since)
    if until is not None:
        before = 1 + await connection.fetchval(_PLACE_BEFORE, until)
    if cursor is not None and newest_first:
        before = min(before, cursor)
    elif cursor is not None:
        after = max(after, cursor)
    return after, before


def _places(wanted: EventFilter) -> tuple[str, Sequence[object]]:
    """Return the statement whose index fits best, and its arguments beside range and limit."""
    topics = None if wanted.topics is None else list(wanted.topics)
    if wanted.correlation_id is not None:
        return _OF_HISTORY, (wanted.correlation_id, topics, wanted.portfolio_id, wanted.producer)
    if wanted.producer is not None:
        return _OF_PRODUCER, (sorted(TOPICS) if topics is None else topics, wanted.producer)
    if wanted.portfolio_id is not None:
        return _OF_PORTFOLIO, (sorted(TOPICS) if topics is None else topics, wanted.portfolio_id)
    return (_ALL, ()) if topics is None else (_OF_TOPICS, (topics,))


def _ordered(statement: str, *, newest_first: bool) -> str:
    return statement.replace(":direction", "DESC" if newest_first else "ASC")


async def parsed(rows: list[Any]) -> list[RecordedEvent]:
    """Return the events in rows of the ledger, some at a time."""
    found: list[RecordedEvent] = []
    for some in batched(rows, PARSED_AT_ONCE):
        found += map(to_recorded, some)
        await asyncio.sleep(0)
    return found
