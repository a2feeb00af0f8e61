"""One sweeper republishes lost events as recorded, a bounded number of times."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from nats.js.api import RawStreamMsg

from actors import sweeper as role
from actors.sweeper.sweep import Sweeper
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.settings import Settings
from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.contracts.streams import EVENTS_STREAM, MESSAGE_ID_HEADER
from tradewind.contracts.trace_context import TRACEPARENT_HEADER, traceparent_of
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.runtime import Publisher

STALL_SECONDS = 0.05
SLOW_STALL_SECONDS = 1.0


@pytest.fixture
def hasty(harness: LedgerHarness) -> Settings:
    """Return settings under which a history is stalled after a short time."""
    updates = {"stalled_after_seconds": STALL_SECONDS, "stalled_max_attempts": 2}
    return harness.settings.model_copy(update=updates)


@pytest.fixture
async def sweeper(harness: LedgerHarness, hasty: Settings) -> AsyncIterator[Sweeper]:
    """Return a sweeper in this process."""
    publisher = Publisher(harness.connection)
    yield Sweeper(StalledHistories(harness.pool), publisher, hasty)
    await publisher.close()


async def record(harness: LedgerHarness, history: History, length: int) -> None:
    await Ledger(harness.pool).append(arrive(history.completed()[:length]))


async def published(harness: LedgerHarness) -> list[RawStreamMsg]:
    info = await harness.connection.jetstream.stream_info(EVENTS_STREAM)
    return [
        await harness.connection.jetstream.get_msg(EVENTS_STREAM, number)
        for number in range(1, info.state.last_seq + 1)
    ]


@pytest.mark.parametrize(
    ("length", "baton"),
    [(1, 1), (2, 2), (3, 2), (4, 4), (5, 5), (6, 5), (7, 7), (8, 8)],
)
async def test_the_event_a_role_has_to_act_on_is_sent_as_recorded(
    harness: LedgerHarness, sweeper: Sweeper, length: int, baton: int
) -> None:
    """Given a history that ends after n events, then the last one a role consumes goes out."""
    history = History(1)
    await record(harness, history, length)
    patient = Sweeper(
        StalledHistories(harness.pool), Publisher(harness.connection), harness.settings
    )
    assert await patient.sweep() == 0
    await asyncio.sleep(2 * STALL_SECONDS)
    assert await sweeper.sweep() == 1
    (sent,) = await published(harness)
    expected = history.completed()[baton - 1]
    assert (sent.subject, sent.data) == (expected.subject, expected.to_bytes())
    context = traceparent_of(expected.correlation_id, expected.event_id, is_sampled=False)
    assert (sent.headers or {})[TRACEPARENT_HEADER] == context


async def test_attempts_are_bounded_and_spaced(harness: LedgerHarness, sweeper: Sweeper) -> None:
    await record(harness, History(1), 4)
    histories = StalledHistories(harness.pool)
    emissions = []
    for _ in range(12):
        await asyncio.sleep(STALL_SECONDS)
        emissions.append(await sweeper.sweep())
    assert sum(emissions) == 2
    sent = await published(harness)
    assert len({(message.headers or {})[MESSAGE_ID_HEADER] for message in sent}) == 2
    (given_up,) = await histories.all(STALL_SECONDS)
    assert given_up.attempts == 2
    # A following event resets the count.
    await Ledger(harness.pool).append(arrive(History(1).completed()[:5], first=10))
    await asyncio.sleep(2 * STALL_SECONDS)
    (standing,) = await histories.all(STALL_SECONDS)
    assert (standing.last_topic, standing.attempts) == ("plan.created", 0)


async def test_what_has_ended_or_was_imported_is_left_alone(
    harness: LedgerHarness, sweeper: Sweeper
) -> None:
    ended, imported = History(1), History(2)
    await record(harness, ended, 9)
    await record(harness, imported, 5)
    await harness.pool.execute(
        "INSERT INTO imports (correlation_id, source) VALUES ($1, 'a file')",
        imported.correlation_id,
    )
    await asyncio.sleep(2 * STALL_SECONDS)
    assert await sweeper.sweep() == 0
    assert await published(harness) == []


async def test_of_several_sweepers_one_does_the_pass(
    harness: LedgerHarness, hasty: Settings
) -> None:
    await record(harness, History(1), 1)
    await asyncio.sleep(1.2 * SLOW_STALL_SECONDS)
    publishers = [Publisher(harness.connection) for _ in range(4)]
    slow = hasty.model_copy(update={"stalled_after_seconds": SLOW_STALL_SECONDS})
    sweepers = [Sweeper(StalledHistories(harness.pool), one, slow) for one in publishers]
    assert sum(await asyncio.gather(*(one.sweep() for one in sweepers))) == 1
    for publisher in publishers:
        await publisher.close()


async def test_the_role_sweeps_until_it_is_stopped(harness: LedgerHarness, hasty: Settings) -> None:
    await record(harness, History(1), 1)
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(role.run(hasty, harness.connection, stopped))
        await wait_despite_outages(lambda: is_published(harness))
        stopped.set()


async def is_published(harness: LedgerHarness) -> bool:
    return bool(await published(harness))
