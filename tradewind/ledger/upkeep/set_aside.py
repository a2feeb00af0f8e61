"""Reads what the ledger keeps outside the histories: parked events and quarantined bytes."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.upkeep.place import BEFORE_ALL, Place
from tradewind.postgres import Pool, outage_is_transient

MAX_LISTED: Final = 1_000
MAX_ID: Final = 2**63 - 1

_WAITING = QUERIES["select_waiting"]
_QUARANTINE = QUERIES["select_quarantine"]


class ParkedEvent(NamedTuple):
    """An event that arrived before its predecessor."""

    event_id: str
    correlation_id: str
    sequence: int
    subject: str
    stream_sequence: int
    parked_at: datetime
    waiting: timedelta
    last_sequence: int
    """The last recorded sequence of its correlation; 0 when none is recorded."""

    @property
    def missing_sequence(self) -> int:
        """The sequence of the next event that the parked events of this correlation wait for."""
        return self.last_sequence + 1

    @property
    def place(self) -> Place:
        return Place(self.parked_at, self.event_id)


class QuarantinedMessage(NamedTuple):
    """Bytes the ledger refused, and why."""

    id: int
    reason: QuarantineReason
    detail: str
    subject: str
    stream_sequence: int
    quarantined_at: datetime
    size_bytes: int
    correlation_id: str | None
    """The correlation they name, whether there is one or not."""
    body: bytes | None
    """None in a list."""


class SetAside:
    """Lists both. Every method raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def parked(self, limit: int = MAX_LISTED, after: Place = BEFORE_ALL) -> list[ParkedEvent]:
        """Return parked events after a place, oldest first."""
        return [ParkedEvent(*row) for row in await self._fetch(_WAITING, limit, *after)]

    async def quarantined(
        self,
        reason: QuarantineReason | None = None,
        message_id: int | None = None,
        limit: int = MAX_LISTED,
        before: int = MAX_ID,
    ) -> list[QuarantinedMessage]:
        """Return quarantined messages below an id, newest first; `message_id` selects one."""
        return [
            QuarantinedMessage(row["id"], QuarantineReason(row["reason"]), *tuple(row)[2:])
            for row in await self._fetch(_QUARANTINE, reason, message_id, limit, before)
        ]

    async def _fetch(self, query: str, *arguments: object) -> list[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows
