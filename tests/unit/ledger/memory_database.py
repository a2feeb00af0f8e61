"""The ledger's tables in memory: what PostgreSQL would do with the statements of the write path."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import asyncpg

from tradewind.ledger.append.incarnation import UNKNOWN_POSITION, StreamPosition
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import WriterPosition

type Fault = Literal["", "before", "after"]
"""When the connection is lost: not, before the commit, after it."""

NO_TOKEN = ("", "", 0)
STATEMENTS = {statement: name for name, statement in QUERIES.items()}


class Recorded(NamedTuple):
    """A row of event_index."""

    correlation_id: str
    sequence: int
    topic: str
    body_sha256: bytes
    body: bytes
    global_seq: int


@dataclass
class Tables:
    """Everything a commit makes durable."""

    incarnation: int = 1
    epoch: int = 0
    last_global_seq: int = 0
    commits: int = 0
    written: StreamPosition = UNKNOWN_POSITION
    events: dict[str, Recorded] = field(default_factory=dict)
    """By event id, in the order they were recorded."""
    parked: dict[str, dict[str, Any]] = field(default_factory=dict)
    quarantine: dict[tuple[int, bytes], str] = field(default_factory=dict)
    """Reasons, by place in the stream and bytes."""

    def copy(self) -> "Tables":
        return replace(
            self,
            events=dict(self.events),
            parked=dict(self.parked),
            quarantine=dict(self.quarantine),
        )

    @property
    def heads(self) -> dict[str, tuple[int, str]]:
        return {row.correlation_id: (row.sequence, row.topic) for row in self.events.values()}

    @property
    def position(self) -> WriterPosition:
        name = f"{self.incarnation:020}-"
        return WriterPosition(name, self.epoch, self.last_global_seq, self.commits)


class MemoryDatabase:
    """Stands in for the pool. Every committed state is kept: a backup may be any of them."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.backups = [self.tables]
        self.fault: Fault = ""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["MemoryConnection"]:
        yield MemoryConnection(self)

    def commit(self, tables: Tables) -> None:
        """Take the result of a transaction, unless the connection is lost first."""
        fault, self.fault = self.fault, ""
        if fault != "before":
            self.tables = tables
            self.backups.append(tables)
        if fault:
            raise OSError("connection lost")

    def take_lease(self) -> WriterPosition:
        """Count the epoch up, as `acquire_lease` does once the lease has lapsed."""
        self.commit(replace(self.tables.copy(), epoch=self.tables.epoch + 1))
        return self.tables.position

    def begin_incarnation(self, after: str, stream_created: str) -> WriterPosition:
        """Begin a later incarnation than the present one and `after`, as `begin_incarnation`."""
        later = max(self.tables.incarnation, int(after[:20] or 0)) + 1
        fresh = StreamPosition(stream_created, 0)
        self.commit(replace(self.tables.copy(), incarnation=later, written=fresh))
        return self.tables.position

    def restore(self, age: int) -> None:
        """Go back to what was committed `age` commits ago."""
        del self.backups[len(self.backups) - age :]
        self.tables = self.backups[-1]


class MemoryConnection:
    """Runs the write path's statements; constraints hold as in the schema.

    A statement outside of a transaction commits itself.
    """

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._tables = database.tables
        self._in_transaction = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self._tables = self._database.tables.copy()
        self._in_transaction = True
        try:
            yield
        finally:
            self._in_transaction = False
        self._database.commit(self._tables)

    async def fetchrow(self, query: str, *arguments: Any) -> Any:
        return self._run(query, arguments)

    async def fetch(self, query: str, *arguments: Any) -> Any:
        return self._run(query, arguments)

    async def execute(self, query: str, *arguments: Any) -> Any:
        return self._run(query, arguments)

    def _run(self, query: str, arguments: Sequence[Any]) -> Any:
        run: Callable[..., Any] = getattr(self, STATEMENTS[query])
        if self._in_transaction:
            return run(*arguments)
        self._tables = self._database.tables.copy()
        answer = run(*arguments)
        if self._tables.commits > self._database.tables.commits:
            self._database.commit(self._tables)
        return answer

    def lock_writer(self) -> tuple[Any, ...]:
        self._tables.commits += 1
        return (*self._tables.position, *NO_TOKEN, *self._tables.written)

    def move_writer(self, created: str, sequence: int) -> tuple[Any, ...]:
        before = self._tables.written
        if before.created == created:
            sequence = max(sequence, before.sequence)
        self._tables.written = StreamPosition(created, sequence)
        return self.lock_writer()

    def select_known(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        known = self._tables.events
        return [
            {"event_id": one, "body_sha256": known[one].body_sha256} for one in ids if one in known
        ]

    def select_heads(self, correlations: Sequence[str]) -> list[tuple[str, int, str]]:
        return [(name, *head) for name, head in self._tables.heads.items() if name in correlations]

    def select_parked(self, correlations: Sequence[str]) -> list[dict[str, Any]]:
        rows = self._tables.parked.values()
        return [row for row in rows if row["correlation_id"] in correlations]

    def insert_events(
        self,
        previous: int,
        canonicals: Sequence[bytes],
        digests: Sequence[bytes],
        bodies: Sequence[bytes | None],
        _: Sequence[str],
        *row: Any,
    ) -> tuple[Any, ...] | None:
        tables = self._tables
        *expected, commits, token, fenced_created, fenced_sequence, created, sequence, names = row
        incarnation, epoch, known_commits = expected
        position = WriterPosition(incarnation, epoch, previous, known_commits)
        is_same = position == tables.position and created == tables.written.created
        assert (token, fenced_created, fenced_sequence) == NO_TOKEN
        if not is_same or self.select_parked(names):
            return None
        tables.commits += commits
        tables.written = max(tables.written, StreamPosition(created, sequence))
        taken = {(row.correlation_id, row.sequence) for row in tables.events.values()}
        numbers = {row.global_seq for row in tables.events.values()}
        rows = zip(canonicals, digests, bodies, strict=True)
        for number, (canonical, digest, body) in enumerate(rows, previous + 1):
            event = json.loads(canonical)
            place = event["correlationId"], event["sequence"]
            if event["eventId"] in tables.events or place in taken:
                # Only a batch that nothing was looked up for may come to a history that began.
                assert commits, "appended twice"
                assert event["sequence"] == 1, "what is known is wrong"
                raise asyncpg.UniqueViolationError
            assert number not in numbers, "a global_seq taken twice"
            taken.add(place)
            tables.events[event["eventId"]] = Recorded(
                *place, event["topic"], digest, body or canonical, number
            )
            tables.last_global_seq = number
        return tables.position

    def insert_parked(self, *columns: Sequence[Any]) -> None:
        names = ("event_id", "correlation_id", "sequence", "body", "body_sha256", "subject")
        for values in zip(*columns, strict=True):
            row = dict(zip((*names, "stream_sequence"), values, strict=True))
            assert row["event_id"] not in self._tables.parked, "parked twice"
            self._tables.parked[row["event_id"]] = row

    def delete_parked(self, ids: Sequence[str]) -> None:
        for one in ids:
            del self._tables.parked[one]

    def insert_quarantine(self, *columns: Sequence[Any]) -> None:
        for reason, _, _, stream_sequence, body in zip(*columns, strict=True):
            self._tables.quarantine.setdefault((stream_sequence, body), reason)
