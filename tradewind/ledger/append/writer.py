"""Appends batches to the ledger, each in one transaction that locks the writer row."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import asyncpg

from tradewind.contracts.registry import resting_topics
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.system.dead_letters import DeadLetter, redact
from tradewind.contracts.system.payloads import DeadLetterResolved, DeadLetterRetried
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.errors import UnknownOutcome
from tradewind.failpoints import failpoint
from tradewind.ledger.append.decide import (
    AppendPlan,
    Head,
    IsFenced,
    decide,
    nothing_is_fenced,
)
from tradewind.ledger.append.incarnation import (
    UNKNOWN_POSITION,
    FencingToken,
    HistoryLost,
    StreamPosition,
)
from tradewind.ledger.append.incoming import Incoming, Rejected, read_message, reject
from tradewind.ledger.append.lease import VACANT_EPOCH, StaleEpoch
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import PlacedEvent, WriterPosition
from tradewind.postgres import OUTAGE, Connection, Pool

_LOCK_WRITER = QUERIES["lock_writer"]
_MOVE_WRITER = QUERIES["move_writer"]
_KNOWN = QUERIES["select_known"]
_HEADS = QUERIES["select_heads"]
_PARKED = QUERIES["select_parked"]
_INSERT_EVENTS = QUERIES["insert_events"]
_INSERT_PARKED = QUERIES["insert_parked"]
_DELETE_PARKED = QUERIES["delete_parked"]
_INSERT_QUARANTINE = QUERIES["insert_quarantine"]
_INSERT_DEAD_LETTERS = QUERIES["insert_dead_letters"]
_RESTING = sorted(resting_topics())
_CLOSE_DEAD_LETTER = QUERIES["close_dead_letter"]

BEFORE_COMMIT: Final = "coordinator.before_commit"
AFTER_COMMIT: Final = "coordinator.after_commit"
FAILPOINTS: Final = (BEFORE_COMMIT, AFTER_COMMIT)

OPEN: Final = "open"
RETRIED: Final = "retried"
RESOLVED: Final = "resolved"


class AppendResult(NamedTuple):
    """What became of a batch. All its events are committed: appended, parked or quarantined."""

    position: WriterPosition
    """The content of the writer row after the batch."""
    previous_global_seq: int
    appended: tuple[PlacedEvent, ...]
    digests: tuple[bytes, ...]
    """SHA-256 of the bytes of each appended event."""
    parked: int
    quarantined: tuple[Rejected, ...]
    duplicates: int


class LedgerUnavailable(UnknownOutcome):
    """PostgreSQL was lost and may have committed the last transaction. Repeat the same step."""

    code = "LEDGER_UNAVAILABLE"


class Ledger:
    """The write path of the coordinator that holds the lease.

    A coordinator that lost the lease may still run. Both lock the writer row, so they take turns,
    and the row's epoch refuses the old one.
    """

    def __init__(
        self,
        pool: Pool,
        epoch: int = VACANT_EPOCH,
        committed: WriterPosition | None = None,
        written: StreamPosition = UNKNOWN_POSITION,
    ) -> None:
        """`written` is the position in the stream up to which the ledger has its events."""
        self._pool = pool
        self._epoch = epoch
        self._written = written
        self._committed = committed
        """The position after the newest transaction that we know to be committed."""

    async def append(
        self,
        batch: Sequence[Incoming],
        rejected: Sequence[Rejected] = (),
        reached: StreamPosition | None = None,
    ) -> AppendResult:
        """Append, park or quarantine a whole batch; repeating it changes nothing.

        `reached` is the position in the stream up to which the batch was read. It raises
        LedgerUnavailable when PostgreSQL was lost, possibly during the commit. It raises StaleEpoch
        when another writer took the lease and HistoryLost when commits of ours are missing, and has
        written nothing then.
        """
        try:
            return await self._append(batch, rejected, reached)
        except asyncpg.DataError:
            storable, refused = await self._split_storable(batch)
            return await self._append(storable, [*rejected, *refused], reached)

    async def _append(
        self,
        batch: Sequence[Incoming],
        rejected: Sequence[Rejected],
        reached: StreamPosition | None,
    ) -> AppendResult:
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                writer, token = await self._lock(connection, reached)
                self._check_read(token, reached)
                is_fenced = _fence_at(token, reached)
                result = await _append(connection, writer, batch, rejected, is_fenced)
                failpoint(BEFORE_COMMIT)
        except OUTAGE as error:
            raise LedgerUnavailable(f"{type(error).__name__}: {error}") from error
        failpoint(AFTER_COMMIT)
        self._note_commit(result.position)
        if reached is not None:
            same = reached.created == self._written.created
            self._written = max(self._written, reached) if same else reached
        return result

    def _check_read(self, token: FencingToken, reached: StreamPosition | None) -> None:
        """Raise HistoryLost when a stream is lost that was not read to where its life ended.

        What it had after that is in no database: it was published in a life that is over.
        """
        written = self._written
        if reached is None or not token.created or reached.created == written.created:
            return
        if token.created == written.created and written.sequence < token.sequence:
            raise HistoryLost(f"the stream was read up to {written.sequence} of {token.sequence}")

    async def _lock(
        self, connection: Connection, reached: StreamPosition | None = None
    ) -> tuple[WriterPosition, FencingToken]:
        """Lock the writer row until the transaction ends, if epoch and commits are still ours."""
        query = _LOCK_WRITER if reached is None else _MOVE_WRITER
        *columns, token, created, sequence = await connection.fetchrow(query, *(reached or ()))
        position, fencing = WriterPosition(*columns), FencingToken(token, created, sequence)
        if position.epoch != self._epoch:
            raise StaleEpoch(self._epoch, position.epoch)
        last = self._committed
        if last is None:
            return position, fencing
        if position.incarnation != last.incarnation:
            raise StaleEpoch(self._epoch, position.epoch)
        # The query has counted this transaction already: an equal count means one is missing.
        if position.commits <= last.commits:
            raise HistoryLost(
                f"it was written {last.commits} times up to global_seq {last.last_global_seq}, "
                f"and {position.commits - 1} times up to {position.last_global_seq} now"
            )
        return position, fencing

    def _note_commit(self, position: WriterPosition) -> None:
        """Keep the position with the most commits.

        Events and dead letters are written by two tasks, and the later commit may be noted first.
        """
        if self._committed is None or position.commits > self._committed.commits:
            self._committed = position

    async def _split_storable(
        self, batch: Sequence[Incoming]
    ) -> tuple[list[Incoming], list[Rejected]]:
        """Split a batch into what PostgreSQL can store as jsonb and what it cannot.

        A zero byte in a text is valid JSON, but jsonb refuses it, and the transaction with it.
        """
        storable, refused = [], []
        for incoming in batch:
            try:
                async with self._pool.acquire() as connection:
                    await connection.execute(
                        "SELECT convert_from($1, 'UTF8')::jsonb", incoming.canonical
                    )
                storable.append(incoming)
            except asyncpg.DataError as error:
                refused.append(reject(incoming, QuarantineReason.INVALID, str(error)))
            except OUTAGE as error:
                raise LedgerUnavailable(f"{type(error).__name__}: {error}") from error
        return storable, refused

    async def record_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Store dead letters; one that is stored already changes nothing. Raises as `append`."""
        unique = {letter.id: letter for letter in letters}
        columns = _columns(
            [
                (
                    letter.id,
                    letter.queue_group,
                    letter.subject,
                    letter.stream_sequence,
                    letter.reason,
                    letter.error,
                    letter.attempts,
                    letter.raw,
                )
                for letter in unique.values()
            ]
        )
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                position, _ = await self._lock(connection)
                await connection.execute(
                    _INSERT_DEAD_LETTERS, *columns, QuarantineReason.CONFLICT.value
                )
        except OUTAGE as error:
            raise LedgerUnavailable(f"{type(error).__name__}: {error}") from error
        self._note_commit(position)


def _fence_at(token: FencingToken, reached: StreamPosition | None) -> IsFenced:
    """Return which events of a stream were decided in a life of the database that is over.

    An approval needs a token, because it allows something; of other decisions, which have one too,
    it must not be another one. What follows from a refused one is never recorded either.
    """
    if reached is None:
        return nothing_is_fenced

    def is_fenced(incoming: Incoming) -> bool:
        place = StreamPosition(reached.created, incoming.stream_sequence)
        is_decision = incoming.fencing_token or incoming.event.topic == RiskApproved.topic
        return bool(is_decision) and not token.admits(incoming.fencing_token, place)

    return is_fenced


async def _append(
    connection: Connection,
    writer: WriterPosition,
    batch: Sequence[Incoming],
    rejected: Sequence[Rejected],
    is_fenced: IsFenced,
) -> AppendResult:
    plan = await _plan(connection, batch, is_fenced)
    previous = writer.last_global_seq
    quarantined = (*rejected, *plan.conflicts)
    appended = tuple(
        PlacedEvent(incoming.event, previous + place)
        for place, incoming in enumerate(plan.appended, 1)
    )
    if plan.appended:
        await _insert_events(connection, plan.appended, previous)
        await _close_dead_letters(connection, appended)
    if plan.parked:
        await _insert_parked(connection, plan.parked)
    if plan.unparked:
        await connection.execute(_DELETE_PARKED, plan.unparked)
    if quarantined:
        await _insert_quarantine(connection, quarantined)
    position = writer._replace(last_global_seq=previous + len(appended))
    digests = tuple(incoming.body_sha256 for incoming in plan.appended)
    return AppendResult(
        position, previous, appended, digests, len(plan.parked), quarantined, plan.duplicates
    )


async def _plan(
    connection: Connection, batch: Sequence[Incoming], is_fenced: IsFenced
) -> AppendPlan:
    if not batch:
        return AppendPlan()
    names = list({incoming.event.correlation_id for incoming in batch})
    ids = [incoming.event.event_id for incoming in batch]
    known = {row["event_id"]: row["body_sha256"] for row in await connection.fetch(_KNOWN, ids)}
    heads = {name: Head(*last) for name, *last in await connection.fetch(_HEADS, names)}
    parked: dict[str, list[Incoming]] = defaultdict(list)
    unreadable: dict[str, Rejected] = {}
    for row in await connection.fetch(_PARKED, names):
        waiting = read_message(row["subject"], row["stream_sequence"], row["body"])
        if isinstance(waiting, Rejected):
            unreadable[row["event_id"]] = waiting
        else:
            parked[waiting.event.correlation_id].append(waiting)
    plan = decide(batch, known, heads, parked, is_fenced)
    plan.unparked.extend(unreadable)
    plan.conflicts.extend(unreadable.values())
    return plan


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def _insert_events(
    connection: Connection, appended: Sequence[Incoming], previous: int
) -> None:
    await connection.execute(
        _INSERT_EVENTS,
        previous,
        [incoming.canonical for incoming in appended],
        [incoming.body_sha256 for incoming in appended],
        [None if one.body == one.canonical else one.body for one in appended],
        _RESTING,
    )


async def _insert_parked(connection: Connection, parked: Sequence[Incoming]) -> None:
    rows = [
        (
            incoming.event.event_id,
            incoming.event.correlation_id,
            incoming.event.sequence,
            incoming.body,
            incoming.body_sha256,
            incoming.subject,
            incoming.stream_sequence,
        )
        for incoming in parked
    ]
    await connection.execute(_INSERT_PARKED, *_columns(rows))


async def _insert_quarantine(connection: Connection, rejected: Sequence[Rejected]) -> None:
    rows = [
        (
            one.reason.value,
            redact(one.detail),
            _storable(one.subject),
            one.stream_sequence,
            one.body,
        )
        for one in rejected
    ]
    await connection.execute(_INSERT_QUARANTINE, *_columns(rows))


def _storable(text: str) -> str:
    """Return the text without what PostgreSQL refuses: zero bytes and lone surrogates."""
    return text.replace("\0", "").encode(errors="backslashreplace").decode()


async def _close_dead_letters(connection: Connection, appended: Sequence[PlacedEvent]) -> None:
    for event, _ in appended:
        payload = event.payload
        if isinstance(payload, DeadLetterRetried):
            await connection.execute(_CLOSE_DEAD_LETTER, payload.dead_letter_id, RETRIED, "")
        elif isinstance(payload, DeadLetterResolved):
            await connection.execute(
                _CLOSE_DEAD_LETTER, payload.dead_letter_id, RESOLVED, payload.note
            )
