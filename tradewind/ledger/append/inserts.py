"""What the write path inserts: events behind those there are, and what is none yet, or never."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.registry import resting_topics
from tradewind.contracts.system.dead_letters import redact
from tradewind.contracts.system.payloads import DeadLetterResolved, DeadLetterRetried
from tradewind.ledger.append.incarnation import FencingToken, StreamPosition
from tradewind.ledger.append.incoming import Incoming, Rejected
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import WriterPosition
from tradewind.postgres import Connection

_INSERT_EVENTS = QUERIES["insert_events"]
_INSERT_PARKED = QUERIES["insert_parked"]
_INSERT_QUARANTINE = QUERIES["insert_quarantine"]
_CLOSE_DEAD_LETTER = QUERIES["close_dead_letter"]
_RESTING = sorted(resting_topics())

_ENDING_DEAD_LETTERS: Final = (DeadLetterRetried.topic, DeadLetterResolved.topic)

RETRIED: Final = "retried"
RESOLVED: Final = "resolved"


class WriterRow(NamedTuple):
    """The writer row, but for who holds the lease."""

    position: WriterPosition
    token: FencingToken
    stream: StreamPosition

    @classmethod
    def of(cls, row: Sequence[Any]) -> "WriterRow":
        """Return the row that a statement which locks it returns."""
        *position, token, fenced_created, fenced_sequence, created, sequence = row
        return cls(
            WriterPosition(*position),
            FencingToken(token, fenced_created, fenced_sequence),
            StreamPosition(created, sequence),
        )


async def insert_events(
    connection: Connection,
    row: WriterRow,
    appended: Sequence[Incoming],
    reached: StreamPosition,
    *,
    commits: int,
    unless_parked: Sequence[str] = (),
) -> WriterPosition | None:
    """Insert events behind those there are, and move the writer row; None if it is not `row`.

    `commits` is 1 unless the transaction was counted already. Nor is anything inserted while an
    event of the histories `unless_parked` is parked. Dead letters that the events end are closed.
    """
    found = await connection.fetchrow(
        _INSERT_EVENTS,
        row.position.last_global_seq,
        [incoming.canonical for incoming in appended],
        [incoming.body_sha256 for incoming in appended],
        [None if one.body == one.canonical else one.body for one in appended],
        _RESTING,
        *(row.position.incarnation, row.position.epoch, row.position.commits, commits),
        *row.token,
        *reached,
        unless_parked,
    )
    if found is None:
        return None
    await _close_dead_letters(connection, appended)
    return WriterPosition(*found)


async def insert_parked(connection: Connection, parked: Sequence[Incoming]) -> None:
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
    await connection.execute(_INSERT_PARKED, *columns(rows))


async def insert_quarantine(connection: Connection, rejected: Sequence[Rejected]) -> None:
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
    await connection.execute(_INSERT_QUARANTINE, *columns(rows))


def ending_dead_letters(events: Iterable[Incoming]) -> list[AnyEvent]:
    """Return the events that close a dead letter, each of which takes a statement of its own."""
    return [one.event for one in events if one.event.topic in _ENDING_DEAD_LETTERS]


def _storable(text: str) -> str:
    """Return the text without what PostgreSQL refuses: zero bytes and lone surrogates."""
    return text.replace("\0", "").encode(errors="backslashreplace").decode()


async def _close_dead_letters(connection: Connection, appended: Sequence[Incoming]) -> None:
    for event in ending_dead_letters(appended):
        payload = event.payload
        if isinstance(payload, DeadLetterRetried):
            await connection.execute(_CLOSE_DEAD_LETTER, payload.dead_letter_id, RETRIED, "")
        elif isinstance(payload, DeadLetterResolved):
            await connection.execute(
                _CLOSE_DEAD_LETTER, payload.dead_letter_id, RESOLVED, payload.note
            )


def columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
