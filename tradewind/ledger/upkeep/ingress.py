"""The ingress journal, from which an accepted request survives the loss of the broker's storage.

The gateway stores a request and its event here before it publishes the event and answers. What is
stored is never taken back: the relay publishes it until the ledger has it. A repeated request is
recognised by its row, too.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Final, Literal, NamedTuple

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
from tradewind.runtime.decisions import KeptEvent
from tradewind.runtime.shared_calls import SharedCalls

ATTEMPTS: Final = 3
PAUSE_SECONDS: Final = 0.1
SHARED_SECONDS: Final = 2.2
"""How long a request waits for those before it and for what it shares: it may need a statement of
its own after that, and is answered within 5 s all the same."""
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


type _Name = tuple[str | None, ...]


class _Row(NamedTuple):
    """What is stored of a request."""

    event_id: str
    correlation_id: str
    subject: str
    body: bytes
    account: str
    method: str
    path: str
    idempotency_key: str | None
    request_sha256: bytes
    expires_at: datetime

    @property
    def name(self) -> _Name:
        """What tells it from every other request."""
        event_id, _, _, _, account, method, path, key, *_ = self
        return _name_of(event_id, account, method, path, key)


def _name_of(event_id: str, account: str, method: str, path: str, key: str | None) -> _Name:
    return (event_id,) if key is None else (account, method, path, key)


class _Stored(NamedTuple):
    """The row that stands for a request."""

    body: bytes
    request_sha256: bytes


class _Apart(Enum):
    """Says that a row has to be stored by itself."""

    ROW = auto()


class _NotStored(Exception):
    """An outage kept rows from being stored, as far as is known."""

    def __init__(self, cause: BaseException, *, is_sent: bool) -> None:
        self.cause = cause
        self.is_sent = is_sent


_OF_ONE_ROW: Final = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.QueryCanceledError,
)
"""What a row that somebody else has locked does to all rows of its statement."""


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
        self._shared = SharedCalls(self._store_shared)

    async def accept(
        self, event: AnyEvent | KeptEvent, request: Request, expires_at: datetime
    ) -> bytes | None:
        """Store an event before it is published; return the earlier event of a repeated request.

        It raises IngressUnavailable and IngressTooLate when nothing was stored, IngressUnknown when
        something may have been, and KeyUsed when the key was used with another body before.
        """
        row = _row(event, request, expires_at)
        clock = asyncio.get_running_loop().time
        last_start, may_be_stored = clock() + AGAIN_WITHIN_SECONDS, False
        for attempt in range(1, ATTEMPTS + 1):
            try:
                # What failed for several may be the fault of one of them, so each tries by itself.
                stored = await (self._store_first(row) if attempt == 1 else self._store(row))
            except _NotStored as failure:
                error = failure.cause
                may_be_stored |= failure.is_sent and _may_be_stored(error, request)
                if attempt == ATTEMPTS or clock() > last_start:
                    kind = IngressUnknown if may_be_stored else IngressUnavailable
                    raise kind(outage_reason(error)) from error
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if stored is None:
                raise (IngressUnknown if may_be_stored else IngressTooLate)("it has expired")
            return _earlier_event(stored, request, row.body)
        raise AssertionError("unreachable")

    async def _store_first(self, row: _Row) -> _Stored | None:
        """Store a row together with those that come at the same time, or by itself after them."""
        try:
            async with asyncio.timeout(SHARED_SECONDS):
                stored = await self._shared.call(row)
        except TimeoutError as error:
            raise _NotStored(error, is_sent=True) from error
        return await self._store(row) if stored is _Apart.ROW else stored

    async def _store(self, row: _Row) -> _Stored | None:
        (stored,) = await self._store_all([row])
        return stored

    async def _store_shared(
        self, rows: Sequence[_Row]
    ) -> Sequence[_Stored | Literal[_Apart.ROW] | None]:
        """Store by one statement what it can take, which meets a key only once.

        Where one of them may be to blame that nothing was stored, each finds out by itself.
        """
        first = {row.name: row for row in reversed(rows)}
        try:
            stored = await self._store_all(list(first.values()))
        except _NotStored as failure:
            if len(rows) == 1 or not isinstance(failure.cause, _OF_ONE_ROW):
                raise
            return [_Apart.ROW] * len(rows)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError):
            return [_Apart.ROW] * len(rows)
        found = dict(zip(first, stored, strict=True))
        return [found[row.name] if first[row.name] is row else _Apart.ROW for row in rows]

    async def _store_all(self, rows: Sequence[_Row]) -> list[_Stored | None]:
        """Return what stands for each row, None where it came too late; else raise _NotStored."""
        is_sent, stored = False, None
        try:
            async with self._pool.acquire() as connection:
                is_sent = True
                stored = await _store(connection, rows)
        except OUTAGE as error:
            if stored is None:  # else only the return of the connection failed
                raise _NotStored(error, is_sent=is_sent) from error
        return stored

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


def _row(event: AnyEvent | KeptEvent, request: Request, expires_at: datetime) -> _Row:
    key = request.key or (*_NO_SCOPE, None)
    event_row = event.event_id, event.correlation_id, event.subject, event.to_bytes()
    return _Row._make((*event_row, *key, request.sha256, expires_at))


async def _store(connection: Connection, rows: Sequence[_Row]) -> list[_Stored | None]:
    """Return what stands for each row, of which each has another name; None if it came too late."""
    if len(rows) == 1:
        columns = [[value] for value in rows[0]]
    else:
        columns = [list(column) for column in zip(*rows, strict=True)]
    try:
        records = await connection.fetch(_ACCEPT, *columns)
    except asyncpg.UniqueViolationError:  # of an id: an earlier attempt stored this very event
        if len(rows) > 1:
            raise
        return [_Stored(rows[0].body, rows[0].request_sha256)]
    found = {_name_of(*name): _Stored(body, digest) for *name, body, digest in records}
    return [found.get(row.name) for row in rows]


def _earlier_event(stored: _Stored, request: Request, own: bytes) -> bytes | None:
    """Return the event of an earlier request; None when it is this event itself."""
    if stored.request_sha256 not in (request.sha256, request.body_sha256):
        raise KeyUsed("this Idempotency-Key came with another body before")
    return None if stored.body == own else stored.body
