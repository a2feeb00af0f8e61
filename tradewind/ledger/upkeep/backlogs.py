"""Sizes and ages of the ledger's backlogs, for gauges. Each query is bounded and uses an index."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Pool, outage_is_transient

MAX_COUNTED: Final = 10_000
"""Counting stops here, as a gauge read every few seconds must not scan a whole table."""

_PARKED = QUERIES["backlog_parked"]
_COUNTS = QUERIES["count_backlogs"]
_INGRESS = QUERIES["backlog_ingress"]
_DEAD_LETTERS = QUERIES["count_open_dead_letters"]
_OPEN = QUERIES["open_histories"]
_RECORDED_AGE = QUERIES["select_recorded_age"]


class Backlog(NamedTuple):
    """How many events wait, at most MAX_COUNTED, and for how long the oldest has, else 0."""

    events: int
    oldest_seconds: float


class BacklogCounts(NamedTuple):
    """How much waits of each kind, at most MAX_COUNTED."""

    parked: int
    oldest_parked_seconds: float
    quarantined: int
    open_dead_letters: int
    stalled: int


class OpenHistories(NamedTuple):
    """Open histories whose last event is of one topic."""

    last_topic: str
    histories: int
    oldest_at: datetime
    """When the last event was recorded in the one that has stood there for longest."""


class Backlogs:
    """Measures backlogs. Every method raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def parked(self) -> Backlog:
        """Return how many events wait for their predecessor."""
        return Backlog(*await self._row(_PARKED, MAX_COUNTED))

    async def counts(self, stalled_after_seconds: float) -> BacklogCounts:
        """Return how much waits of each kind."""
        return BacklogCounts(*await self._row(_COUNTS, MAX_COUNTED, float(stalled_after_seconds)))

    async def ingress(self, older_than_seconds: float) -> Backlog:
        """Return how many events, accepted at least so long ago, the ledger does not have."""
        return Backlog(*await self._row(_INGRESS, MAX_COUNTED, float(older_than_seconds)))

    async def open_dead_letters(self) -> dict[str, int]:
        """Return the number of open dead letters by queue group."""
        with outage_is_transient():
            return dict(await self._pool.fetch(_DEAD_LETTERS, MAX_COUNTED))

    async def open_histories(self) -> list[OpenHistories]:
        """Return the open histories by their last event, the oldest MAX_COUNTED of all."""
        with outage_is_transient():
            return [OpenHistories(*row) for row in await self._pool.fetch(_OPEN, MAX_COUNTED)]

    async def recorded_seconds_ago(self, global_seq: int) -> float:
        """Return how long ago an event was recorded; 0 when there is no event with that number."""
        row = await self._row(_RECORDED_AGE, global_seq)
        return 0.0 if row is None else float(row[0])

    async def _row(self, query: str, *arguments: object) -> Any:
        with outage_is_transient():
            return await self._pool.fetchrow(query, *arguments)
