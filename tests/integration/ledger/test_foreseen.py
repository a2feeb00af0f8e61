"""Batches that only continue what was written last: appended without a look, and only then."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.arrivals import arrive
from tests.support.histories import START, History
from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.payloads import DeadLetterResolved
from tradewind.ledger.append import writer
from tradewind.ledger.append.incarnation import HistoryLost, Incarnations, StreamPosition
from tradewind.ledger.append.incoming import Incoming
from tradewind.ledger.append.lease import StaleEpoch
from tradewind.ledger.append.writer import AppendResult, Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.upkeep.dead_letters import DeadLetters
from tradewind.postgres import Connection, Pool

STREAM = "2026-01-01T00:00:00Z"
HISTORIES = [History(number).completed(fills=2) for number in range(1, 4)]
LETTER = DeadLetter("risk.workers", "a.b.c.d", "bug", "boom", 1, b"raw", 7)


async def nothing() -> None: ...


class Watched(Ledger):
    """Counts the batches that were looked up, and knows up to which place each was read."""

    def __init__(self, pool: Pool, **options: Any) -> None:
        super().__init__(pool, written=StreamPosition(STREAM, 0), **options)
        self.looks = 0
        self.meanwhile: Callable[[], Awaitable[None]] = nothing
        """What happens between foreseeing a batch and appending it."""

    async def _commit(self, *arguments: Any) -> Any:
        meanwhile, self.meanwhile = self.meanwhile, nothing
        await meanwhile()
        return await super()._commit(*arguments)

    async def _append_any(self, *arguments: Any) -> Any:
        self.looks += 1
        return await super()._append_any(*arguments)

    async def take(self, batch: Sequence[Incoming]) -> AppendResult:
        last = max(one.stream_sequence for one in batch)
        return await self.append(batch, reached=StreamPosition(STREAM, last))


@pytest.fixture
async def watched(pool: Pool) -> Watched:
    """Return a writer that has written, so that it knows the writer row."""
    await Incarnations(pool).begin_stream(0, STREAM)
    watched = Watched(pool)
    await watched.append([], reached=StreamPosition(STREAM, 0))
    watched.looks = 0
    return watched


async def assert_whole(reader: LedgerReader, *histories: Sequence[AnyEvent]) -> None:
    for history in histories:
        recorded = await reader.history(history[0].correlation_id)
        assert [one.event for one in recorded] == list(history)
    places = [one.global_seq for one in await reader.events_after(0)]
    assert places == list(range(1, sum(map(len, histories)) + 1))


async def test_what_continues_is_not_looked_up(watched: Watched, reader: LedgerReader) -> None:
    events = [one for group in zip(*HISTORIES, strict=True) for one in group]
    messages = arrive(events)
    for start in range(0, len(messages), 4):
        result = await watched.take(messages[start : start + 4])
        assert result.previous_global_seq == start
        assert result.position == await reader.position()
    assert watched.looks == 0
    await assert_whole(reader, *HISTORIES)
    reached = await Incarnations(watched._pool).written()
    assert reached == StreamPosition(STREAM, len(messages))


async def test_copies_are_looked_up(watched: Watched, reader: LedgerReader) -> None:
    messages = arrive(HISTORIES[0])
    await watched.take(messages[:3])
    for copies in (messages[:1], messages[2:3], messages[1:4]):
        result = await watched.take(copies)
        assert result.duplicates + len(result.appended) == len(copies)
    await watched.take(messages)
    assert watched.looks == 4
    await assert_whole(reader, HISTORIES[0])


async def test_what_waits_for_its_predecessor_follows_it(
    watched: Watched, reader: LedgerReader
) -> None:
    messages = arrive(HISTORIES[0])
    assert (await watched.take(messages[1:2])).parked == 1
    assert len((await watched.take(messages[:1])).appended) == 2
    assert (await watched.take(messages[3:4])).parked == 1
    assert len((await watched.take(messages[2:3])).appended) == 2
    assert watched.looks == 4
    await watched.take(messages[4:])
    assert watched.looks == 4
    await assert_whole(reader, HISTORIES[0])


async def test_another_cause_is_looked_up_and_set_aside(watched: Watched) -> None:
    history = History(1)
    approved = history.events(history.screened(), history.approved())[2]
    other = approved.model_copy(update={"causation_id": history.intent_id})
    await watched.take(arrive(history.events(history.screened())))
    result = await watched.take(arrive([other], 9))
    assert (result.appended, len(result.quarantined)) == ((), 1)
    assert watched.looks == 1


async def test_a_ledger_that_somebody_else_wrote_is_looked_up(
    watched: Watched, pool: Pool, reader: LedgerReader
) -> None:
    messages = arrive(HISTORIES[0])
    await watched.take(messages[:2])
    await Ledger(pool).append(messages[2:4])
    assert len((await watched.take(messages[2:6])).appended) == 2
    assert watched.looks == 1
    await watched.take(messages[6:])
    assert watched.looks == 1
    await assert_whole(reader, HISTORIES[0])


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("UPDATE writer SET epoch = epoch + 1", StaleEpoch),
        ("UPDATE writer SET incarnation = incarnation || 'x'", StaleEpoch),
        ("UPDATE writer SET commits = commits - 1", HistoryLost),
    ],
)
async def test_a_writer_row_of_others_is_noticed(
    watched: Watched, pool: Pool, reader: LedgerReader, statement: str, error: type[Exception]
) -> None:
    messages = arrive(HISTORIES[0])
    await watched.take(messages[:2])
    await pool.execute(statement)
    with pytest.raises(error):
        await watched.take(messages[2:])
    assert len(await reader.events_after(0)) == 2


async def test_a_new_life_of_the_database_refuses_decisions_without_its_token(
    watched: Watched, pool: Pool
) -> None:
    history = History(1)
    events = history.events(history.screened(), history.approved())
    await watched.take(arrive(events[:2]))
    await pool.execute(
        "UPDATE writer SET fencing_token = 'new', fenced_created = $1, fenced_sequence = 2", STREAM
    )
    assert events[2].topic == RiskApproved.topic
    for _ in range(2):
        result = await watched.take(arrive(events)[2:])
        assert (result.appended, len(result.quarantined)) == ((), 1)
    assert watched.looks == 2


async def test_a_new_life_that_a_dead_letter_finds_first_refuses_them_too(
    watched: Watched, pool: Pool
) -> None:
    """Given a batch that is foreseen, when a dead letter is written in a new life before it is
    appended, then it is decided by that life's token."""
    history = History(1)
    events = history.events(history.screened(), history.approved())

    async def meanwhile() -> None:
        await pool.execute(
            "UPDATE writer SET fencing_token = 'new', fenced_created = $1, fenced_sequence = 2",
            STREAM,
        )
        await watched.record_dead_letters([LETTER])

    await watched.take(arrive(events[:2]))
    watched.meanwhile = meanwhile
    result = await watched.take(arrive(events)[2:])
    assert (result.appended, len(result.quarantined)) == ((), 1)


async def test_what_was_lost_on_the_way_is_looked_up(
    watched: Watched, pool: Pool, reader: LedgerReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = arrive(HISTORIES[0])
    await watched.take(messages[:2])

    def cut(_: str) -> None:
        raise OSError("connection lost")

    with monkeypatch.context() as patch:
        patch.setattr(writer, "failpoint", cut)
        with pytest.raises(writer.LedgerUnavailable):
            await watched.take(messages[2:4])
    assert len((await watched.take(messages[2:4])).appended) == 2
    assert watched.looks == 1
    await watched.take(messages[4:])
    await assert_whole(reader, HISTORIES[0])


async def test_what_ends_a_dead_letter_is_looked_up(watched: Watched) -> None:
    """Given an event that changes another table, then it is no statement by itself."""
    ending = first_event(
        DeadLetterResolved(dead_letter_id=LETTER.id, note="known"),
        correlation_id=f"system-{History().intent_id}",
        key=EventKey(),
        producer="operator",
        at=START,
    )
    await watched.record_dead_letters([LETTER])
    await watched.take(arrive([ending]))
    assert watched.looks == 1
    recorded = await DeadLetters(watched._pool).one(LETTER.id)
    assert recorded is not None
    assert recorded.state == "resolved"


async def test_a_foreseen_batch_is_one_statement(watched: Watched, pool: Pool) -> None:
    """Given a batch that continues, then no statement is sent beside its insert."""
    first, *others = HISTORIES[0]
    await watched.take(arrive([first]))
    sent: list[str] = []
    async with pool.acquire() as connection:
        connection.add_query_logger(lambda query: sent.append(query.query))
        watched._pool = OnePool(connection)
        await watched.take(arrive(others, 2))
    assert sent == [QUERIES["insert_events"]]


class OnePool:
    """Hands out the one connection that is watched."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        yield self._connection
