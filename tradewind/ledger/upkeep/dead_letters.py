"""Reads dead letters, and keeps what operators want done with them until it is done.

Sending a dead letter again takes the right to publish what any role publishes. The gateway, which
takes such requests, has not got it, so it keeps them here; the sweeper, which repeats lost events
anyway, carries them out. A request is the row of its letter and action, so repeating it changes
nothing, and neither does carrying it out twice: message id and event follow from the row.
"""

import hashlib
import re
from datetime import datetime
from typing import Final, Literal, NamedTuple

from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.roles import Role, consumers
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.payloads import DeadLetterResolved, DeadLetterRetried
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.upkeep.place import AFTER_ALL, Place
from tradewind.postgres import Pool, outage_is_transient

MAX_LISTED: Final = 1_000

DEAD_LETTER_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)

type State = Literal["open", "retried", "resolved"]
type Action = Literal["retry", "resolve"]

_PAGE = QUERIES["select_dead_letter_page"]
_REQUEST = QUERIES["request_dead_letter"]
_REQUESTS = QUERIES["select_dead_letter_requests"]
_PENDING = QUERIES["pending_dead_letter_requests"]
_FINISH = QUERIES["finish_dead_letter_request"]


class ListedDeadLetter(NamedTuple):
    """A dead letter as the ledger keeps it."""

    dead_letter_id: str
    state: State
    note: str
    recorded_at: datetime
    changed_at: datetime
    queue_group: str
    subject: str
    stream_sequence: int
    reason: str
    error: str
    attempts: int
    size_bytes: int
    correlation_id: str | None
    """The correlation its bytes name, if they name one."""
    body: bytes | None
    """None in a list."""

    @property
    def place(self) -> Place:
        return Place(self.recorded_at, self.dead_letter_id)

    @property
    def letter(self) -> DeadLetter:
        """The letter as it was recorded; empty of bytes in a list."""
        return DeadLetter(
            queue_group=self.queue_group,
            subject=self.subject,
            reason=self.reason,
            error=self.error,
            attempts=self.attempts,
            raw=self.body or b"",
            stream_sequence=self.stream_sequence,
        )

    @property
    def is_repeatable(self) -> bool:
        """Whether some role acts on what was published on its subject."""
        return ".".join(self.subject.split(".")[:2]) in consumers()


class DeadLetterRequest(NamedTuple):
    """What an operator asked for, and when it was done."""

    action: Action
    note: str
    requested_by: str
    requested_at: datetime
    done_at: datetime | None


class PendingRequest(NamedTuple):
    """A request that is to be carried out, with what it takes."""

    dead_letter_id: str
    action: Action
    note: str
    requested_by: str
    requested_at: datetime
    subject: str
    body: bytes

    @property
    def message_id(self) -> str:
        """The message id under which the letter is sent again, the same however often it is."""
        return f"{self.action}-{self.dead_letter_id}"

    def event(self) -> AnyEvent:
        """Return the event that records the request; it is the same whenever it is made."""
        seed = hashlib.sha256(f"{self.dead_letter_id}\n{self.action}".encode()).digest()
        ulid = make_ulid(int(self.requested_at.timestamp() * 1_000), seed[:10])
        payload = (
            DeadLetterRetried(
                dead_letter_id=self.dead_letter_id,
                requested_by=self.requested_by,
                note=self.note or None,
            )
            if self.action == "retry"
            else DeadLetterResolved(
                dead_letter_id=self.dead_letter_id,
                note=self.note,
                requested_by=self.requested_by,
            )
        )
        return first_event(
            payload,
            correlation_id=make_correlation_id(CorrelationKind.SYSTEM, ulid),
            key=EventKey(),
            producer=Role.SWEEPER.value,
            at=self.requested_at,
        )


class DeadLetters:
    """Lists dead letters. Every method raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, state: State | None = None, limit: int = MAX_LISTED, before: Place = AFTER_ALL
    ) -> list[ListedDeadLetter]:
        """Return dead letters before a place, newest first, without their bytes."""
        with outage_is_transient():
            rows = await self._pool.fetch(_PAGE, state, None, limit, *before)
        return [ListedDeadLetter(*row) for row in rows]

    async def one(self, dead_letter_id: str) -> ListedDeadLetter | None:
        """Return a dead letter with its bytes; None when there is none of this id."""
        with outage_is_transient():
            row = await self._pool.fetchrow(_PAGE, None, dead_letter_id, 1, *AFTER_ALL)
        return None if row is None else ListedDeadLetter(*row)


class DeadLetterRequests:
    """Keeps requests. Every method raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, dead_letter_id: str, action: Action, note: str, requested_by: str) -> bool:
        """Keep a request; return False when the same was kept before, which stands then."""
        with outage_is_transient():
            row = await self._pool.fetchval(_REQUEST, dead_letter_id, action, note, requested_by)
        return row is not None

    async def of(self, dead_letter_id: str) -> list[DeadLetterRequest]:
        """Return what was asked for about a dead letter, in order."""
        with outage_is_transient():
            rows = await self._pool.fetch(_REQUESTS, dead_letter_id)
        return [DeadLetterRequest(*row) for row in rows]

    async def pending(self, limit: int) -> list[PendingRequest]:
        """Return what is to be done, oldest first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_PENDING, limit)
        return [PendingRequest(*row) for row in rows]

    async def finish(self, request: PendingRequest) -> None:
        """Mark a request as done."""
        with outage_is_transient():
            await self._pool.execute(_FINISH, request.dead_letter_id, request.action)
