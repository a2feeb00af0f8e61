"""Appends batches to the ledger, each in one transaction that locks the writer row.

A batch that is foreseen is one statement, which is a transaction by itself.
"""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import asyncpg

from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.system.dead_letters import DeadLetter
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
from tradewind.ledger.append.inserts import (
    WriterRow,
    columns,
    ending_dead_letters,
    insert_events,
    insert_parked,
    insert_quarantine,
)
from tradewind.ledger.append.known_heads import KnownHeads
from tradewind.ledger.append.lease import VACANT_EPOCH, StaleEpoch
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import PlacedEvent, WriterPosition
from tradewind.postgres import OUTAGE, Connection, Pool

_LOCK_WRITER = QUERIES["lock_writer"]
_MOVE_WRITER = QUERIES["move_writer"]
_KNOWN = QUERIES["select_known"]
_HEADS = QUERIES["select_heads"]
_PARKED = QUERIES["select_parked"]
_DELETE_PARKED = QUERIES["delete_parked"]
_INSERT_DEAD_LETTERS = QUERIES["insert_dead_letters"]

BEFORE_COMMIT: Final = "coordinator.before_commit"
AFTER_COMMIT: Final = "coordinator.after_commit"
FAILPOINTS: Final = (BEFORE_COMMIT, AFTER_COMMIT)


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


class Foreseen(NamedTuple):
    """What a batch comes to if the writer row is this one."""

    row: WriterRow
    plan: AppendPlan
    reached: StreamPosition


class Ledger:
    """The write path of the coordinator that holds the lease.

    A coordinator that lost the lease may still run. Both lock the writer row, so they take turns,
    and the row's epoch refuses the old one.

    A batch that only continues what was written last is appended without a look at what there is.
    The statement that does so finds out whether the writer row is as the last transaction left it.
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
        self._row: WriterRow | None = None
        """The writer row after it."""
        self._heads = KnownHeads()

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

    def reached_by(
        self, batch: Sequence[Incoming], ahead: Sequence[Mapping[str, int]] = ()
    ) -> Mapping[str, int] | None:
        """Return where each history of a batch gets to that only continues and begins some.

        What it continues is what this writer appended, or will: `ahead` is what this returned for
        the batches before it. It has no copies then but of what begins a history, which the insert
        finds. For any other batch it returns None.
        """
        return self._heads.reached_by(batch, ahead)

    async def _append(
        self,
        batch: Sequence[Incoming],
        rejected: Sequence[Rejected],
        reached: StreamPosition | None,
    ) -> AppendResult:
        foreseen = None if rejected or reached is None else self._foresee(batch, reached)
        try:
            result, row = await self._commit(batch, rejected, reached, foreseen)
        except asyncpg.UniqueViolationError:
            # A copy of the first event of a history: nothing is known of one that begins.
            if foreseen is None:
                raise
            result, row = await self._commit(batch, rejected, reached, None)
        failpoint(AFTER_COMMIT)
        self._note_commit(row)
        self._heads.note(result.appended)
        if reached is not None:
            same = reached.created == self._written.created
            self._written = max(self._written, reached) if same else reached
        return result

    def _foresee(self, batch: Sequence[Incoming], reached: StreamPosition) -> Foreseen | None:
        """Return what becomes of a batch that only continues what is known; None for any other.

        It keeps the row that it rests on: dead letters are written meanwhile, and may find another.
        """
        row = self._row
        streams = {reached.created, self._written.created, row and row.stream.created}
        if row is None or not batch or len(streams) > 1 or ending_dead_letters(batch):
            return None
        plan = decide(batch, {}, self._heads.of(batch), {}, _fence_at(row.token, reached))
        return Foreseen(row, plan, reached) if len(plan.appended) == len(batch) else None

    async def _commit(
        self,
        batch: Sequence[Incoming],
        rejected: Sequence[Rejected],
        reached: StreamPosition | None,
        foreseen: Foreseen | None,
    ) -> tuple[AppendResult, WriterRow]:
        try:
            async with self._pool.acquire() as connection:
                done = None if foreseen is None else await _append_foreseen(connection, foreseen)
                if done is None:
                    async with connection.transaction():
                        done = await self._append_any(connection, batch, rejected, reached)
                        failpoint(BEFORE_COMMIT)
        except OUTAGE as error:
            self._heads.forget()
            raise LedgerUnavailable(f"{type(error).__name__}: {error}") from error
        return done

    async def _append_any(
        self,
        connection: Connection,
        batch: Sequence[Incoming],
        rejected: Sequence[Rejected],
        reached: StreamPosition | None,
    ) -> tuple[AppendResult, WriterRow]:
        row = await self._lock(connection, reached)
        self._check_read(row.token, reached)
        is_fenced = _fence_at(row.token, reached)
        result = await _append(connection, row, batch, rejected, is_fenced)
        return result, row._replace(position=result.position)

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
    ) -> WriterRow:
        """Lock the writer row until the transaction ends, if epoch and commits are still ours."""
        query = _LOCK_WRITER if reached is None else _MOVE_WRITER
        row = WriterRow.of(await connection.fetchrow(query, *(reached or ())))
        position, last = row.position, self._committed
        if last is None or position.commits != last.commits + 1:
            self._heads.forget()
        if position.epoch != self._epoch:
            raise StaleEpoch(self._epoch, position.epoch)
        if last is None:
            return row
        if position.incarnation != last.incarnation:
            raise StaleEpoch(self._epoch, position.epoch)
        # The query has counted this transaction already: an equal count means one is missing.
        if position.commits <= last.commits:
            raise HistoryLost(
                f"it was written {last.commits} times up to global_seq {last.last_global_seq}, "
                f"and {position.commits - 1} times up to {position.last_global_seq} now"
            )
        return row

    def _note_commit(self, row: WriterRow) -> None:
        """Keep the row with the most commits.

        Events and dead letters are written by two tasks, and the later commit may be noted first.
        """
        if self._committed is None or row.position.commits > self._committed.commits:
            self._committed, self._row = row.position, row

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
        rows = columns(
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
                row = await self._lock(connection)
                await connection.execute(
                    _INSERT_DEAD_LETTERS, *rows, QuarantineReason.CONFLICT.value
                )
        except OUTAGE as error:
            raise LedgerUnavailable(f"{type(error).__name__}: {error}") from error
        self._note_commit(row)


def _fence_at(token: FencingToken, reached: StreamPosition | None) -> IsFenced:
    """Return which events of a stream were decided in a life of the database that is over.

    An approval needs a token, because it allows something; of other decisions, which have one too,
    it must not be another one. What follows from a refused one is never recorded either.
    """
    if reached is None or not token.created:
        return nothing_is_fenced

    def is_fenced(incoming: Incoming) -> bool:
        place = StreamPosition(reached.created, incoming.stream_sequence)
        is_decision = incoming.fencing_token or incoming.event.topic == RiskApproved.topic
        return bool(is_decision) and not token.admits(incoming.fencing_token, place)

    return is_fenced


async def _append(
    connection: Connection,
    row: WriterRow,
    batch: Sequence[Incoming],
    rejected: Sequence[Rejected],
    is_fenced: IsFenced,
) -> AppendResult:
    """Append a batch under the lock of the writer row, which has counted the transaction."""
    plan = await _plan(connection, batch, is_fenced)
    quarantined = (*rejected, *plan.conflicts)
    position: WriterPosition | None = row.position
    if plan.appended:
        position = await insert_events(connection, row, plan.appended, row.stream, commits=0)
        assert position is not None, "another writer row than the one that is locked"
    if plan.parked:
        await insert_parked(connection, plan.parked)
    if plan.unparked:
        await connection.execute(_DELETE_PARKED, plan.unparked)
    if quarantined:
        await insert_quarantine(connection, quarantined)
    return _result(row, position or row.position, plan, quarantined)


async def _append_foreseen(
    connection: Connection, foreseen: Foreseen
) -> tuple[AppendResult, WriterRow] | None:
    """Append unless the writer row is another one, or an event waits for its predecessor.

    Then nothing has happened, and it returns None. The statement commits itself.
    """
    row, plan, reached = foreseen
    failpoint(BEFORE_COMMIT)
    place = max(row.stream, reached)
    names = list({incoming.event.correlation_id for incoming in plan.appended})
    position = await insert_events(
        connection, row, plan.appended, place, commits=1, unless_parked=names
    )
    if position is None:
        return None
    return _result(row, position, plan), row._replace(position=position, stream=place)


def _result(
    row: WriterRow,
    position: WriterPosition,
    plan: AppendPlan,
    quarantined: tuple[Rejected, ...] = (),
) -> AppendResult:
    previous = row.position.last_global_seq
    appended = tuple(
        map(PlacedEvent, [one.event for one in plan.appended], itertools.count(previous + 1))
    )
    digests = tuple([incoming.body_sha256 for incoming in plan.appended])
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
