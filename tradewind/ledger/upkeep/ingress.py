"""The ingress journal, from which an accepted request survives the loss of the broker's storage.

The gateway stores a request and its event here before it publishes the event and answers. The
relay publishes again what the ledger does not have after a while. A repeated request is recognised
by its row, too.
"""

import asyncio
from typing import Any, Final, NamedTuple

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

_ACCEPT = QUERIES["accept_ingress"]
_PENDING = QUERIES["pending_ingress"]
_SETTLE = QUERIES["settle_ingress"]
_EARLIER = QUERIES["select_earlier_ingress"]
_WITHDRAW = QUERIES["withdraw_ingress"]
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


class Request(NamedTuple):
    """The client's idempotency key and the digest of what is asked for, which identify a request.

    Earlier releases stored the digest of the body's bytes; it identifies their requests.
    """

    idempotency_key: str | None
    sha256: bytes
    body_sha256: bytes | None = None


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

    async def accept(self, event: AnyEvent, request: Request) -> bytes | None:
        """Store an event before it is published; return the earlier event of a repeated request.

        It raises IngressUnavailable when nothing was stored, IngressUnknown when something may have
        been, and KeyUsed when the key was used with another body before.
        """
        clock = asyncio.get_running_loop().time
        last_start, may_be_stored = clock() + AGAIN_WITHIN_SECONDS, False
        for attempt in range(1, ATTEMPTS + 1):
            is_sent = is_stored = False
            try:
                async with self._pool.acquire() as connection:
                    is_sent = True
                    is_stored = await _store(connection, event, request)
                    if not is_stored:
                        earlier = await connection.fetchrow(_EARLIER, request.idempotency_key)
                        return _earlier_event(earlier, request, event)
                return None
            except OUTAGE as error:
                if is_stored:  # only the return of the connection failed
                    return None
                may_be_stored |= is_sent and not certainly_failed(error)
                if attempt == ATTEMPTS or clock() > last_start:
                    kind = IngressUnknown if may_be_stored else IngressUnavailable
                    raise kind(outage_reason(error)) from error
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError("unreachable")

    async def try_out(self) -> None:
        """Do what storing a request needs, without a row; DatabaseUnavailable when it fails."""
        with outage_is_transient():
            await self._pool.execute(_TRY)

    async def withdraw(self, event_id: str) -> bool:
        """Remove an event that was never published; False when the relay or the ledger has it."""
        with outage_is_transient():
            return await self._pool.fetchval(_WITHDRAW, event_id) is not None

    async def settle_recorded(self, older_than_seconds: float) -> None:
        """Mark accepted events that the ledger has, so that they are pending no longer."""
        with outage_is_transient():
            await self._pool.execute(_SETTLE, float(older_than_seconds))

    async def pending(self, older_than_seconds: float, limit: int) -> list[PendingEvent]:
        """Return events accepted at least so long ago and not marked as recorded, oldest first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_PENDING, float(older_than_seconds), limit)
        return [PendingEvent(*row) for row in rows]

    async def note_relayed(self, event_id: str) -> None:
        """Count a republication before it happens; the event cannot be withdrawn afterwards."""
        with outage_is_transient():
            await self._pool.execute(_NOTE_RELAYED, event_id)


async def _store(connection: Connection, event: AnyEvent, request: Request) -> bool:
    """Store a request and its event; return False when its id or its key is stored already."""
    row = (
        *(event.event_id, event.correlation_id, event.subject, event.to_bytes()),
        *(request.idempotency_key, request.sha256),
    )
    return await connection.fetchval(_ACCEPT, *row) is not None


def _earlier_event(earlier: Any, request: Request, event: AnyEvent) -> bytes | None:
    """Return the earlier event of the same request; None when it is this event itself.

    The latter happens when the commit of an earlier attempt succeeded and its answer was lost.
    """
    if earlier is None:
        return None
    body, digest = bytes(earlier["body"]), earlier["request_sha256"]
    if digest not in (request.sha256, request.body_sha256):
        raise KeyUsed("this Idempotency-Key came with another body before")
    return None if body == event.to_bytes() else body
