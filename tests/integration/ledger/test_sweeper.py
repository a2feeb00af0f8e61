"""What the broker lost is sent again as it was recorded, a bounded number of times, by one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from nats.js.api import RawStreamMsg

from actors import sweeper as role
from actors.sweeper.sweep import Sweeper
from tests.integration.ledger.arrivals import arrive
from tests.integration.ledger.coordination import Desk, eventually
from tests.settings import Settings
from tests.unit.readmodels.histories import History
from tradewind.contracts.streams import EVENTS_STREAM, MESSAGE_ID_HEADER
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.runtime import Publisher

STALL_SECONDS = 0.05
SLOW_STALL_SECONDS = 1.0


@pytest.fixture
def hasty(desk: Desk) -> Settings:
    """Return settings under which everything stands still soon."""
    updates = {"stalled_after_seconds": STALL_SECONDS, "stalled_max_attempts": 2}
    return desk.settings.model_copy(update=updates)


@pytest.fixture
async def sweeper(desk: Desk, hasty: Settings) -> AsyncIterator[Sweeper]:
    """Return a sweeper in this process."""
    publisher = Publisher(desk.connection)
    yield Sweeper(StalledHistories(desk.pool), publisher, hasty)
    await publisher.close()


async def record(desk: Desk, history: History, length: int) -> None:
    await Ledger(desk.pool).append(arrive(history.completed()[:length]))


async def published(desk: Desk) -> list[RawStreamMsg]:
    info = await desk.connection.jetstream.stream_info(EVENTS_STREAM)
    return [
        await desk.connection.jetstream.get_msg(EVENTS_STREAM, number)
        for number in range(1, info.state.last_seq + 1)
    ]


@pytest.mark.parametrize(
    ("length", "baton"),
    [(1, 1), (2, 1), (3, 3), (4, 4), (5, 4), (6, 6), (7, 7)],
)
async def test_the_event_a_role_has_to_act_on_is_sent_as_recorded(
    desk: Desk, sweeper: Sweeper, length: int, baton: int
) -> None:
    """Given a history that ends after n events, then the last one a role consumes goes out."""
    history = History(1)
    await record(desk, history, length)
    patient = Sweeper(StalledHistories(desk.pool), Publisher(desk.connection), desk.settings)
    assert await patient.sweep() == 0
    await asyncio.sleep(2 * STALL_SECONDS)
    assert await sweeper.sweep() == 1
    (sent,) = await published(desk)
    expected = history.completed()[baton - 1]
    assert (sent.subject, sent.data) == (expected.subject, expected.to_bytes())


async def test_attempts_are_bounded_and_spaced(desk: Desk, sweeper: Sweeper) -> None:
    await record(desk, History(1), 3)
    histories = StalledHistories(desk.pool)
    emissions = []
    for _ in range(12):
        await asyncio.sleep(STALL_SECONDS)
        emissions.append(await sweeper.sweep())
    assert sum(emissions) == 2
    sent = await published(desk)
    assert len({(message.headers or {})[MESSAGE_ID_HEADER] for message in sent}) == 2
    (given_up,) = await histories.all(STALL_SECONDS)
    assert given_up.attempts == 2
    # an event that follows begins the count anew
    await Ledger(desk.pool).append(arrive(History(1).completed()[:4], first=10))
    await asyncio.sleep(2 * STALL_SECONDS)
    (standing,) = await histories.all(STALL_SECONDS)
    assert (standing.last_topic, standing.attempts) == ("plan.created", 0)


async def test_what_has_ended_or_was_imported_is_left_alone(desk: Desk, sweeper: Sweeper) -> None:
    ended, imported = History(1), History(2)
    await record(desk, ended, 8)
    await record(desk, imported, 4)
    await desk.pool.execute(
        "INSERT INTO imports (correlation_id, source) VALUES ($1, 'a file')",
        imported.correlation_id,
    )
    await asyncio.sleep(2 * STALL_SECONDS)
    assert await sweeper.sweep() == 0
    assert await published(desk) == []


async def test_of_several_sweepers_one_does_the_pass(desk: Desk, hasty: Settings) -> None:
    await record(desk, History(1), 1)
    await asyncio.sleep(1.2 * SLOW_STALL_SECONDS)
    publishers = [Publisher(desk.connection) for _ in range(4)]
    slow = hasty.model_copy(update={"stalled_after_seconds": SLOW_STALL_SECONDS})
    sweepers = [Sweeper(StalledHistories(desk.pool), one, slow) for one in publishers]
    assert sum(await asyncio.gather(*(one.sweep() for one in sweepers))) == 1
    for publisher in publishers:
        await publisher.close()


async def test_the_role_sweeps_until_it_is_stopped(desk: Desk, hasty: Settings) -> None:
    await record(desk, History(1), 1)
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(role.run(hasty, desk.connection, stopped))
        await eventually(lambda: is_published(desk))
        stopped.set()


async def is_published(desk: Desk) -> bool:
    return bool(await published(desk))
