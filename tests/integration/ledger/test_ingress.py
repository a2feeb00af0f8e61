"""Accepted intents get into the ledger, even when the broker loses them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

import asyncpg
import pytest

from actors import sweeper
from actors.sweeper.relay import Relay
from actors.sweeper.settings import SweeperSettings
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.arrivals import arrive
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.upkeep import ingress
from tradewind.ledger.upkeep.ingress import (
    AGAIN_WITHIN_SECONDS,
    IngressJournal,
    IngressTooLate,
    IngressUnavailable,
    IngressUnknown,
    KeyUsed,
    Request,
    RequestKey,
)
from tradewind.postgres import Connection, Pool, open_impatient_pool, open_pool
from tradewind.runtime import Publisher, clock

AFTER_SECONDS = 0.05
EVENTS = [History(number).completed()[0] for number in range(1, 6)]


IS_WAITING = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def request(text: str, key: str | None = None, account: str = "alice") -> Request:
    scoped = None if key is None else RequestKey(account, "POST", "/intents", key)
    return Request(scoped, hashlib.sha256(text.encode()).digest())


async def accept(journal: IngressJournal, event: AnyEvent, asked: Request) -> bytes | None:
    """Keep an event that expires long after the test."""
    return await journal.accept(event, asked, clock.now() + timedelta(hours=1))


def hasty(settings: SweeperSettings) -> SweeperSettings:
    return settings.model_copy(
        update={"relay_after_seconds": AFTER_SECONDS, "stalled_after_seconds": AFTER_SECONDS}
    )


class _One:
    """A pool of one connection, which stays where it is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        yield self._connection


@pytest.fixture
def journal(pool: Pool) -> IngressJournal:
    """Return the journal."""
    return IngressJournal(pool)


@pytest.fixture
async def publisher(harness: LedgerHarness) -> AsyncIterator[Publisher]:
    """Return a publisher to the real broker."""
    publisher = Publisher(harness.connection)
    yield publisher
    await publisher.close()


@pytest.fixture
def relay(harness: LedgerHarness, journal: IngressJournal, publisher: Publisher) -> Relay:
    """Return a relay to the real broker."""
    return Relay(journal, publisher, hasty(harness.settings))


async def published(harness: LedgerHarness) -> list[bytes]:
    jetstream = harness.connection.jetstream
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    found = [await jetstream.get_msg(EVENTS_STREAM, number) for number in range(1, last + 1)]
    return [message.data or b"" for message in found]


async def test_a_key_is_one_request_whoever_asks_at_once(journal: IngressJournal) -> None:
    same = request("body", "key")
    answers = await asyncio.gather(*(accept(journal, event, same) for event in EVENTS))
    assert answers.count(None) == 1
    winner = EVENTS[answers.index(None)].to_bytes()
    assert [answer for answer in answers if answer is not None] == [winner] * 4
    with pytest.raises(KeyUsed):
        await accept(journal, EVENTS[0], request("another body", "key"))


class _Counting:
    """A pool that notes how many requests each statement keeps."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.rows: list[int] = []

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["_Counted"]:
        async with self._pool.acquire() as connection:
            yield _Counted(connection, self.rows)


class _Counted(NamedTuple):
    connection: Connection
    rows: list[int]

    async def fetch(self, statement: str, *columns: Sequence[object]) -> list[asyncpg.Record]:
        self.rows.append(len(columns[0]))
        records: list[asyncpg.Record] = await self.connection.fetch(statement, *columns)
        return records


async def test_requests_that_come_at_once_are_kept_together(pool: Pool) -> None:
    """Given the same key twice and an event that is kept already, then each gets its own answer."""
    first, second, third, again, late = EVENTS
    twice = request("body", "twice")
    counting = _Counting(pool)
    journal = IngressJournal(counting)
    soon, past = clock.now() + timedelta(hours=1), clock.now()
    answers = await asyncio.gather(
        journal.accept(first, request("body"), soon),
        journal.accept(second, twice, soon),
        journal.accept(third, request("body", "once"), soon),
        journal.accept(late, request("body"), past),
        journal.accept(again, twice, soon),
        journal.accept(again, request("other", "twice"), soon),
        return_exceptions=True,
    )
    assert counting.rows == [4, 1, 1]
    assert not any(answers[:3])
    assert answers[4] == second.to_bytes()
    assert [type(one) for one in (answers[3], answers[5])] == [IngressTooLate, KeyUsed]
    some = (again, third, late)
    await asyncio.gather(*(journal.accept(event, request("body"), soon) for event in some))
    assert counting.rows[3:] == [3, 1, 1, 1]
    kept = {one.event_id for one in await IngressJournal(pool).pending(0, 100)}
    assert kept == {event.event_id for event in EVENTS}


async def test_without_a_key_every_request_is_its_own(journal: IngressJournal) -> None:
    assert [await accept(journal, event, request("body")) for event in EVENTS] == [None] * 5
    # The same event again, after a lost answer, is not another request.
    assert await accept(journal, EVENTS[0], request("body")) is None
    assert len(await journal.pending(0, 100)) == 5


async def test_a_key_is_its_account_s(journal: IngressJournal) -> None:
    of_alice, of_bob = (request("body", "key", account) for account in ("alice", "bob"))
    assert await accept(journal, EVENTS[0], of_alice) is None
    assert await accept(journal, EVENTS[1], of_bob) is None
    assert await accept(journal, EVENTS[2], of_bob) == EVENTS[1].to_bytes()
    assert of_bob.key is not None
    elsewhere = of_bob._replace(key=of_bob.key._replace(path="/other"))
    assert await accept(journal, EVENTS[2], elsewhere) is None


async def test_whoever_waited_for_the_same_key_does_not_know_what_became_of_it(
    pool: Pool, database_dsn: str
) -> None:
    """Given an earlier request that hangs before its commit, then nothing is said to be refused."""
    hasty = await open_impatient_pool(
        database_dsn, max_size=2, acquire_seconds=9, deadline_seconds=0.6
    )
    journal, key = IngressJournal(hasty), request("body", "key")
    async with pool.acquire() as hanging:
        transaction = hanging.transaction()
        await transaction.start()
        await IngressJournal(_One(hanging)).accept(EVENTS[0], key, clock.now() + timedelta(hours=1))
        with pytest.raises(IngressUnknown):
            await accept(journal, EVENTS[1], key)
        assert await accept(journal, EVENTS[2], request("body", "another")) is None
        await transaction.commit()
    assert await accept(journal, EVENTS[3], key) == EVENTS[0].to_bytes()
    await hasty.close()


async def test_a_key_that_somebody_has_locked_is_no_others_matter(
    pool: Pool, database_dsn: str
) -> None:
    """Given a wait that is as long as anybody tries again, then those kept with it are kept."""
    hasty = await open_impatient_pool(
        database_dsn, max_size=2, acquire_seconds=9, deadline_seconds=2 * AGAIN_WITHIN_SECONDS + 0.2
    )
    journal, locked = IngressJournal(hasty), request("body", "locked")
    await accept(journal, EVENTS[0], locked)
    async with pool.acquire() as hanging, hanging.transaction():
        await hanging.execute("SELECT FROM ingress WHERE idempotency_key = 'locked' FOR UPDATE")
        answers = await asyncio.gather(
            accept(journal, EVENTS[1], locked),
            accept(journal, EVENTS[2], request("body")),
            accept(journal, EVENTS[3], request("body", "another")),
            return_exceptions=True,
        )
    assert [type(one) for one in answers] == [IngressUnknown, type(None), type(None)]
    await hasty.close()


async def test_who_waits_for_others_is_answered_in_time_and_not_kept_afterwards(
    pool: Pool, database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a statement that hangs, then whoever would come after it is told, and forgotten."""
    monkeypatch.setattr(ingress, "SHARED_SECONDS", AGAIN_WITHIN_SECONDS + 0.1)
    patient = await open_impatient_pool(
        database_dsn, max_size=2, acquire_seconds=9, deadline_seconds=60
    )
    journal, locked = IngressJournal(patient), request("body", "locked")
    await accept(journal, EVENTS[0], locked)
    async with pool.acquire() as hanging, hanging.transaction():
        await hanging.execute("SELECT FROM ingress WHERE idempotency_key = 'locked' FOR UPDATE")
        before = asyncio.create_task(accept(journal, EVENTS[1], locked))
        await wait_until(lambda: pool.fetchval(IS_WAITING), "the first hangs")
        with pytest.raises(IngressUnknown):
            await accept(journal, EVENTS[2], request("body"))
        with pytest.raises(IngressUnknown):
            await before
    monkeypatch.setattr(ingress, "SHARED_SECONDS", 30.0)
    assert await accept(journal, EVENTS[3], request("body")) is None
    kept = {one.event_id for one in await journal.pending(0, 100)}
    assert kept == {EVENTS[0].event_id, EVENTS[3].event_id}
    await patient.close()


async def test_keeping_a_request_is_all_that_its_session_is_asked_for(
    pool: Pool, database_dsn: str
) -> None:
    """A session that is reset for its next request keeps that one waiting twice as long."""
    hasty = await open_impatient_pool(
        database_dsn, max_size=1, acquire_seconds=9, deadline_seconds=9
    )
    assert await accept(IngressJournal(hasty), EVENTS[0], request("body")) is None
    async with hasty.acquire() as connection:
        process_id = connection.get_server_pid()
    asked = "SELECT query FROM pg_stat_activity WHERE pid = $1"
    assert "ingress" in await pool.fetchval(asked, process_id)
    await hasty.close()


async def test_what_expired_before_it_could_be_kept_is_kept_nowhere(
    journal: IngressJournal,
) -> None:
    late, key = clock.now() - timedelta(seconds=1), request("body", "key")
    with pytest.raises(IngressTooLate):
        await journal.accept(EVENTS[0], key, late)
    assert await journal.find(EVENTS[0].event_id) is None
    assert await accept(journal, EVENTS[1], key) is None
    # What was kept in time is found however late it is asked for.
    assert await journal.accept(EVENTS[2], key, late) == EVENTS[1].to_bytes()
    assert await journal.find(EVENTS[1].event_id) == EVENTS[1].to_bytes()


async def test_a_key_is_forgotten_with_what_the_ledger_has_and_nothing_else(
    harness: LedgerHarness, journal: IngressJournal, publisher: Publisher, pool: Pool
) -> None:
    """Given two old keys, of which the ledger has one intent: the other intent is still sent."""
    for event, key in zip(EVENTS, ("recorded", "pending", "young"), strict=False):
        await accept(journal, event, request("body", key))
    await Ledger(harness.pool).append(arrive([EVENTS[0], EVENTS[2]]))
    await journal.settle_recorded(0)
    await pool.execute(
        "UPDATE ingress SET received_at = now() - interval '25 hours' WHERE event_id = ANY($1)",
        [EVENTS[0].event_id, EVENTS[1].event_id],
    )
    await Relay(journal, publisher, harness.settings).relay()
    assert await journal.find(EVENTS[0].event_id) is None
    assert [one.event_id for one in await journal.pending(0, 9)] == [EVENTS[1].event_id]
    assert await accept(journal, EVENTS[3], request("other", "recorded")) is None
    assert await accept(journal, EVENTS[4], request("other", "pending")) is None
    assert await accept(journal, EVENTS[1], request("body", "young")) == EVENTS[2].to_bytes()


async def test_the_relay_sends_until_the_ledger_has_it(
    harness: LedgerHarness, journal: IngressJournal, relay: Relay, publisher: Publisher
) -> None:
    """Given an accepted intent the broker forgot, then it is sent as it was, until recorded."""
    await accept(journal, EVENTS[0], request("body"))
    assert await Relay(journal, publisher, harness.settings).relay() == 0
    await asyncio.sleep(2 * AFTER_SECONDS)
    assert await relay.relay() == 1
    await asyncio.sleep(2 * AFTER_SECONDS)
    assert await relay.relay() == 1
    assert await published(harness) == [EVENTS[0].to_bytes()] * 2
    await Ledger(harness.pool).append(arrive(EVENTS[:1]))
    assert await relay.relay() == 0


async def test_what_was_sent_often_rests_longer(
    journal: IngressJournal, relay: Relay, pool: Pool
) -> None:
    """Given a ledger that is behind, then copies of what it will record do not hold it up more."""
    await accept(journal, EVENTS[0], request("body"))
    await pool.execute("UPDATE ingress SET received_at = now() - interval '1 second', relayed = 6")
    assert await relay.relay() == 0
    await pool.execute("UPDATE ingress SET received_at = now() - interval '4 seconds'")
    assert await relay.relay() == 1


async def test_the_role_sends_what_the_broker_forgot_and_what_stands_still(
    harness: LedgerHarness, journal: IngressJournal
) -> None:
    """One loop does both: an intent nobody published, and a history nobody carried on."""
    await accept(journal, EVENTS[0], request("body"))
    standing = History(9).completed()[:1]
    await Ledger(harness.pool).append(arrive(standing))
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sweeper.run(hasty(harness.settings), harness.connection, stopped))

        async def are_sent() -> bool:
            return {EVENTS[0].to_bytes(), standing[0].to_bytes()} <= set(await published(harness))

        await wait_despite_outages(are_sent)
        stopped.set()


async def test_a_database_that_is_away_keeps_nothing(database_dsn: str) -> None:
    host, _, name = database_dsn.rpartition("/")
    nowhere = f"{host.rpartition(':')[0]}:1/{name}"
    pool = await open_pool(nowhere)
    with pytest.raises(IngressUnavailable):
        await accept(IngressJournal(pool), EVENTS[0], request("body"))
    pool.terminate()


async def test_connections_that_are_cut_are_tried_again(
    journal: IngressJournal, pool: Pool, database_dsn: str
) -> None:
    killer = await open_pool(database_dsn, max_size=1)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
        AND datname = current_database()"
    accepted = []
    for number in range(1, 30):
        event = History(number).completed()[0]
        if number % 3 == 0:
            await killer.execute(cut)
        try:
            assert await accept(journal, event, request("body")) is None
            accepted.append(event.event_id)
        except IngressUnknown:
            continue
    await killer.close()
    kept = {one.event_id for one in await journal.pending(0, 100)}
    assert set(accepted) <= kept
    assert len(accepted) > 20
