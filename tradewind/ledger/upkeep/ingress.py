"""The ingress journal, from which an accepted request survives the loss of the broker's storage.

The gateway stores a request and its event here before it publishes the event and answers. What is
stored is never taken back: the relay publishes it until the ledger has it. A repeated request is
recognised by its row, too.
"""

import asyncio
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from tradewind.contracts.envelope import AnyEvent
from tradewind.errors import PermanentError, TransientError, UnknownOutcome
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import (
    OUTAGE,
    Connection,
    Pool,
    certainly_failed,
    outage_is_transient,
    outage_reason,
)

ATTEMPTS: Final = 3
PAUSE_SECONDS: Final = 0.1
AGAIN_WITHIN_SECONDS: Final = 1.0
"""A request is not stored a second time later than this: whoever sent it waits for an answer."""
MAX_RELAY_DOUBLINGS: Final = 6
"""The rest between two publications of an event doubles so often, and no more."""

_ACCEPT = QUERIES["accept_ingress"]
_PENDING = QUERIES["pending_ingress"]
_SETTLE = QUERIES["settle_ingress"]
_FIND = QUERIES["find_ingress"]
_FORGET = QUERIES["forget_ingress"]
_FREE_KEYS = QUERIES["free_ingress_keys"]
_NOTE_RELAYED = QUERIES["note_relayed"]
_TRY = QUERIES["try_ingress"]


class IngressUnavailable(TransientError):
    """PostgreSQL cannot store it now, so nothing was accepted. Submit again later."""

    code = "INGRESS_UNAVAILABLE"


class IngressUnknown(UnknownOutcome):
    """PostgreSQL was lost while the request was stored, so it may be accepted. Look it up."""

    code = "INGRESS_UNKNOWN"


class KeyUsed(PermanentError):
    """The idempotency key belongs to another request. Use a new one for a new request."""

    code = "IDEMPOTENCY_KEY_USED"


class IngressTooLate(TransientError):
    """The event expired before it could be stored, so nothing was accepted. Submit a new one."""

    code = "INGRESS_TOO_LATE"


class RequestKey(NamedTuple):
    """An idempotency key, and where it counts: for an account's requests to a method and path."""

    account: str
    method: str
    path: str
    text: str


class Request(NamedTuple):
    """The client's idempotency key and the digest of what is asked for, which identify a request.

    Earlier releases stored the digest of the body's bytes; it identifies their requests.
    """

    key: RequestKey | None
    sha256: bytes
    body_sha256: bytes | None = None


_NO_SCOPE: Final = ("", "", "")
"""Of a request without a key, which is a request of its own wherever it came."""


class PendingEvent(NamedTuple):
    """An accepted event the ledger does not have yet."""

    event_id: str
    correlation_id: str
    subject: str
    body: bytes
    relayed: int


class IngressJournal:
    """Stores accepted events. Any number of processes may use it at the same time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def accept(self, event: AnyEvent, request: Request, expires_at: datetime) -> bytes | None:
        """Store an event before it is published; return the earlier event of a repeated request.

        It raises IngressUnavailable and IngressTooLate when nothing was stored, IngressUnknown when
        something may have been, and KeyUsed when the key was used with another body before.
        """
        clock, body = asyncio.get_running_loop().time, event.to_bytes()
        last_start, may_be_stored = clock() + AGAIN_WITHIN_SECONDS, False
        for attempt in range(1, ATTEMPTS + 1):
            is_sent, stored = False, None
            try:
                async with self._pool.acquire() as connection:
                    is_sent = True
                    stored = await _store(connection, event, body, request, expires_at)
            except OUTAGE as error:
                may_be_stored |= is_sent and _may_be_stored(error, request)
                # Where it is stored, only the return of the connection failed.
                if stored is None and (attempt == ATTEMPTS or clock() > last_start):
                    kind = IngressUnknown if may_be_stored else IngressUnavailable
                    raise kind(outage_reason(error)) from error
            else:
                if stored is None:
                    raise (IngressUnknown if may_be_stored else IngressTooLate)("it has expired")
            if stored is not None:
                return _earlier_event(stored, request, body)
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError("unreachable")

    async def find(self, event_id: str) -> bytes | None:
        """Return an event that is stored; DatabaseUnavailable."""
        with outage_is_transient():
            body = await self._pool.fetchval(_FIND, event_id)
        return None if body is None else bytes(body)

    async def try_out(self) -> None:
        """Do what storing a request needs, without a row; DatabaseUnavailable when it fails."""
        with outage_is_transient():
            await self._pool.execute(_TRY)

    async def settle_recorded(self, older_than_seconds: float) -> None:
        """Mark accepted events that the ledger has, so that they are pending no longer."""
        with outage_is_transient():
            await self._pool.execute(_SETTLE, float(older_than_seconds))

    async def forget(self, older_than_seconds: float, limit: int) -> int:
        """Forget idempotency keys of that age, with their events where the ledger has them.

        Return how many events were forgotten; there may be more if it is the limit.
        """
        with outage_is_transient():
            deleted: str = await self._pool.execute(_FORGET, float(older_than_seconds), limit)
            await self._pool.execute(_FREE_KEYS, float(older_than_seconds))
        return int(deleted.removeprefix("DELETE "))

    async def pending(self, older_than_seconds: float, limit: int) -> list[PendingEvent]:
        """Return events accepted at least so long ago and not marked as recorded, oldest first.

        One that was published rests as long again, and twice as long after every further time.
        """
        with outage_is_transient():
            rows = await self._pool.fetch(
                _PENDING, float(older_than_seconds), limit, MAX_RELAY_DOUBLINGS
            )
        return [PendingEvent(*row) for row in rows]

    async def note_relayed(self, event_id: str) -> None:
        """Count a republication."""
        with outage_is_transient():
            await self._pool.execute(_NOTE_RELAYED, event_id)


def _may_be_stored(error: BaseException, request: Request) -> bool:
    """Return whether a request may be stored after an error: by itself, or by an earlier one.

    Who has a key may have waited for an earlier request with the same key, which goes on.
    """
    may_have_waited = isinstance(error, asyncpg.LockNotAvailableError | asyncpg.QueryCanceledError)
    return not certainly_failed(error) or (request.key is not None and may_have_waited)


async def _store(
    connection: Connection, event: AnyEvent, body: bytes, request: Request, expires_at: datetime
) -> Any | None:
    """Return body and digest of the row that stands for a request; None when it came too late."""
    key = request.key or (*_NO_SCOPE, None)
    row = (event.event_id, event.correlation_id, event.subject, body, *key)
    try:
        return await connection.fetchrow(_ACCEPT, *row, request.sha256, expires_at)
    except asyncpg.UniqueViolationError:  # of its id: an earlier attempt stored this very event
        return {"body": body, "request_sha256": request.sha256}


def _earlier_event(stored: Any, request: Request, own: bytes) -> bytes | None:
    """Return the event of an earlier request; None when it is this event itself."""
    body, digest = bytes(stored["body"]), stored["request_sha256"]
    if digest not in (request.sha256, request.body_sha256):
        raise KeyUsed("this Idempotency-Key came with another body before")
    return None if body == own else body
