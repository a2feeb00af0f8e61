"""Accepted intents get into the ledger, even when the broker loses them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from actors import sweeper
from actors.sweeper.relay import Relay
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.upkeep.ingress import (
    IngressJournal,
    IngressUnavailable,
    IngressUnknown,
    KeyUsed,
    Request,
)
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import Publisher

AFTER_SECONDS = 0.05
NOT_YET_SECONDS = 3_600.0
EVENTS = [History(number).completed()[0] for number in range(1, 6)]


def request(text: str, key: str | None = None) -> Request:
    return Request(key, hashlib.sha256(text.encode()).digest())


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
def relay(journal: IngressJournal, publisher: Publisher) -> Relay:
    """Return a relay to the real broker."""
    return Relay(journal, publisher, AFTER_SECONDS)


async def published(harness: LedgerHarness) -> list[bytes]:
    jetstream = harness.connection.jetstream
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    found = [await jetstream.get_msg(EVENTS_STREAM, number) for number in range(1, last + 1)]
    return [message.data or b"" for message in found]


async def test_a_key_is_one_request_whoever_asks_at_once(journal: IngressJournal) -> None:
    same = request("body", "key")
    answers = await asyncio.gather(*(journal.accept(event, same) for event in EVENTS))
    assert answers.count(None) == 1
    winner = EVENTS[answers.index(None)].to_bytes()
    assert [answer for answer in answers if answer is not None] == [winner] * 4
    with pytest.raises(KeyUsed):
        await journal.accept(EVENTS[0], request("another body", "key"))


async def test_without_a_key_every_request_is_its_own(journal: IngressJournal) -> None:
    assert [await journal.accept(event, request("body")) for event in EVENTS] == [None] * 5
    # The same event again, after a lost answer, is not another request.
    assert await journal.accept(EVENTS[0], request("body")) is None
    assert len(await journal.pending(0, 100)) == 5


async def test_what_is_withdrawn_is_never_sent_and_its_key_is_free(
    harness: LedgerHarness, journal: IngressJournal, relay: Relay
) -> None:
    await journal.accept(EVENTS[0], request("body", "key"))
    assert await journal.withdraw(EVENTS[0].event_id)
    await asyncio.sleep(2 * AFTER_SECONDS)
    assert await relay.relay() == 0
    assert await journal.accept(EVENTS[1], request("other", "key")) is None


async def test_the_relay_sends_until_the_ledger_has_it(
    harness: LedgerHarness, journal: IngressJournal, relay: Relay, publisher: Publisher
) -> None:
    """Given an accepted intent the broker forgot, then it is sent as it was, until recorded."""
    await journal.accept(EVENTS[0], request("body"))
    assert await Relay(journal, publisher, NOT_YET_SECONDS).relay() == 0
    await asyncio.sleep(2 * AFTER_SECONDS)
    assert [await relay.relay() for _ in range(2)] == [1, 1]
    assert await published(harness) == [EVENTS[0].to_bytes()] * 2
    assert not await journal.withdraw(EVENTS[0].event_id)
    await Ledger(harness.pool).append(arrive(EVENTS[:1]))
    assert await relay.relay() == 0


async def test_the_role_sends_what_the_broker_forgot_and_what_stands_still(
    harness: LedgerHarness, journal: IngressJournal
) -> None:
    """One loop does both: an intent nobody published, and a history nobody carried on."""
    await journal.accept(EVENTS[0], request("body"))
    standing = History(9).completed()[:1]
    await Ledger(harness.pool).append(arrive(standing))
    hasty = harness.settings.model_copy(
        update={"relay_after_seconds": AFTER_SECONDS, "stalled_after_seconds": AFTER_SECONDS}
    )
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sweeper.run(hasty, harness.connection, stopped))

        async def are_sent() -> bool:
            return {EVENTS[0].to_bytes(), standing[0].to_bytes()} <= set(await published(harness))

        await wait_despite_outages(are_sent)
        stopped.set()


async def test_a_database_that_is_away_keeps_nothing(database_dsn: str) -> None:
    host, _, name = database_dsn.rpartition("/")
    nowhere = f"{host.rpartition(':')[0]}:1/{name}"
    pool = await open_pool(nowhere)
    with pytest.raises(IngressUnavailable):
        await IngressJournal(pool).accept(EVENTS[0], request("body"))
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
            assert await journal.accept(event, request("body")) is None
            accepted.append(event.event_id)
        except IngressUnknown:
            continue
    await killer.close()
    kept = {one.event_id for one in await journal.pending(0, 100)}
    assert set(accepted) <= kept
    assert len(accepted) > 20
