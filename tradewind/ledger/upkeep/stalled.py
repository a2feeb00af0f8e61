"""Finds stalled histories: open ones for which nothing was recorded for a while."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from tradewind.contracts.roles import consumers
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import RecordedEvent
from tradewind.ledger.upkeep.place import BEFORE_ALL, Place
from tradewind.postgres import Pool, outage_is_transient

MAX_LISTED: Final = 1_000

_STALLED = QUERIES["select_stalled"]
_NOTE = QUERIES["note_sweep"]
_TURN = QUERIES["take_sweep_turn"]
_HOLDERS = QUERIES["select_holders"]


class StalledHistory(NamedTuple):
    """An open history for which nothing was recorded during `standing`."""

    correlation_id: str
    last_sequence: int
    last_topic: str
    since: datetime
    standing: timedelta
    attempts: int
    """How often its baton, the event some role has to act on, was republished since then."""
    swept_at: datetime | None

    @property
    def place(self) -> Place:
        return Place(self.since, self.correlation_id)


class StalledHistories:
    """Finds them. Every method raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._reader = LedgerReader(pool)

    async def all(
        self, stalled_after_seconds: float, limit: int = MAX_LISTED, after: Place = BEFORE_ALL
    ) -> list[StalledHistory]:
        """Return the histories that are stalled for longer, the longest stalled first."""
        return await self._select(stalled_after_seconds, None, limit, *after)

    async def due(
        self, stalled_after_seconds: float, max_attempts: int, limit: int
    ) -> list[StalledHistory]:
        """Return the histories whose baton is to be republished now.

        The wait before the next attempt doubles with each one, up to `max_attempts` of them.
        """
        return await self._select(stalled_after_seconds, max_attempts, limit, *BEFORE_ALL)

    async def holders(self, correlation_ids: Sequence[str]) -> dict[str, str]:
        """Return the role that has to act next in each of these histories, where one has to."""
        acted_on = consumers()
        with outage_is_transient():
            rows = await self._pool.fetch(_HOLDERS, list(correlation_ids), list(acted_on))
        return {row["correlation_id"]: acted_on[row["topic"]] for row in rows}

    async def baton(self, correlation_id: str) -> RecordedEvent | None:
        """Return the last event of a history that a role has to act on; None when there is none."""
        history = await self._reader.history(correlation_id)
        batons = [one for one in history if one.event.topic in consumers()]
        return batons[-1] if batons else None

    async def try_turn(self, interval_seconds: float) -> bool:
        """Take the turn of this interval, which one caller of all processes gets; return whether.

        Replicas would otherwise republish the same events side by side.
        """
        with outage_is_transient():
            return await self._pool.fetchrow(_TURN, float(interval_seconds)) is not None

    async def note_sweep(self, stalled: StalledHistory) -> None:
        """Count a republication; the count begins anew when the history has advanced."""
        with outage_is_transient():
            await self._pool.execute(_NOTE, stalled.correlation_id, stalled.last_sequence)

    async def _select(self, seconds: float, *arguments: object) -> list[StalledHistory]:
        with outage_is_transient():
            rows = await self._pool.fetch(_STALLED, float(seconds), *arguments)
        return [_to_stalled(row) for row in rows]


def _to_stalled(row: Any) -> StalledHistory:
    return StalledHistory(
        row["correlation_id"],
        row["last_sequence"],
        row["last_topic"],
        row["changed_at"],
        row["now"] - row["changed_at"],
        row["attempts"],
        row["swept_at"],
    )
