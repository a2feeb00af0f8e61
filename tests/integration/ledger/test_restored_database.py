"""A database that was restored: found out, recorded again from the stream, shown as it was."""

from collections.abc import Awaitable, Callable

import pytest

from tests.integration.ledger.backup import backup_of
from tests.integration.ledger.coordination import Desk, eventually, interleaved
from tests.unit.readmodels.histories import History
from tradewind.contracts.roles import COORDINATOR_GROUP
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.ledger.append.incarnation import Incarnations, StreamPosition
from tradewind.ledger.append.lease import Lease
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import declare_streams

EARLIER = [History(number) for number in range(1, 4)]
LATER = [History(number) for number in range(4, 9)]
ALL = [*EARLIER, *LATER]


async def _flush_redis(desk: Desk) -> None:
    await desk.redis.flushall()


async def _delete_consumer(desk: Desk) -> None:
    durable = COORDINATOR_GROUP.durable
    await desk.connection.jetstream.delete_consumer(EVENTS_STREAM, durable)


async def _nothing(desk: Desk) -> None:
    """Both witnesses are there."""


@pytest.mark.parametrize("lose", [_nothing, _flush_redis, _delete_consumer])
async def test_what_a_restored_database_lost_is_recorded_again(
    desk: Desk, database_dsn: str, servers: Servers, lose: Callable[[Desk], Awaitable[None]]
) -> None:
    """Either witness is enough: what the consumer acknowledged, or what Redis shows."""
    async with desk.coordinator():
        await desk.publish(*interleaved(EARLIER))
        await desk.shows(EARLIER)
        await desk.drained()
    before = (await desk.reader.position()).incarnation
    async with backup_of(database_dsn, servers) as backup:
        async with desk.coordinator():
            await desk.publish(*interleaved(LATER))
            await desk.shows(ALL)
            await desk.drained()
        await backup.restore()
        await lose(desk)
        async with desk.coordinator():
            await desk.recorded_at_least(sum(len(one.completed()) for one in ALL))
            await desk.shows(ALL)
            await desk.drained()
    await desk.holds_exactly(ALL)
    assert (await desk.reader.position()).incarnation > before


async def test_a_running_coordinator_notices(
    desk: Desk, database_dsn: str, servers: Servers
) -> None:
    """Given a writer and a stand-by, when commits vanish, then the writer ends and nothing is."""
    async with desk.processes(2):
        await desk.leads()
        await desk.publish(*interleaved(EARLIER))
        await desk.drained()
        async with backup_of(database_dsn, servers) as backup:
            await desk.publish(*interleaved(LATER[:-1]))
            await desk.shows([*EARLIER, *LATER[:-1]])
            await backup.restore()
            # The first thing it writes tells it.
            await desk.publish(*interleaved(LATER[-1:]))
            await desk.recorded_at_least(sum(len(one.completed()) for one in ALL))
            await desk.shows(ALL)
            await desk.drained()
    await desk.holds_exactly(ALL)


async def test_lost_dead_letters_come_back(desk: Desk, database_dsn: str, servers: Servers) -> None:
    letter = DeadLetter("risk.workers", "a.b.c.d", "bug", "boom", 1, b"raw", 7)
    async with desk.coordinator():
        await desk.publish(*interleaved(EARLIER))
        await desk.drained()
    async with backup_of(database_dsn, servers) as backup:
        async with desk.coordinator():
            await desk.publish(*interleaved(LATER))
            await desk.publish_raw(letter.dead_letter_subject, letter.raw, letter.headers())
            await desk.drained()
            await desk.drained(DEAD_LETTERS_STREAM)
        await backup.restore()
        assert await desk.reader.dead_letters() == []
        async with desk.coordinator():

            async def is_back() -> bool:
                return bool(await desk.reader.dead_letters())

            await eventually(is_back)


async def test_who_dies_before_the_stream_is_read_again_leaves_it_to_the_next(desk: Desk) -> None:
    async with desk.coordinator():
        await desk.publish(*interleaved(EARLIER))
        await desk.drained()
    lease = Lease(desk.pool, "dies", 60)
    term = await lease.acquire()
    assert term is not None
    info = await desk.connection.jetstream.stream_info(EVENTS_STREAM)
    assert info.created is not None
    incarnations = Incarnations(desk.pool)
    begun = await incarnations.begin(term.epoch, "", info.created.isoformat())
    assert begun.incarnation > term.incarnation
    await lease.release(term.epoch)
    async with desk.coordinator():
        await desk.publish(*interleaved(LATER))
        await desk.drained()
        await desk.shows(ALL)
    assert (await desk.reader.position()).incarnation > begun.incarnation


async def test_an_incarnation_is_later_than_any_before_it_whatever_the_clock_says(
    desk: Desk,
) -> None:
    future = f"{'9' * 15}00000-abcdef01"
    term = await Lease(desk.pool, "writer", 60).acquire()
    assert term is not None
    incarnations = Incarnations(desk.pool)
    begun = await incarnations.begin(term.epoch, future, "now")
    again = await incarnations.begin(term.epoch, "no incarnation", "now")
    assert future < begun.incarnation < again.incarnation


async def test_a_stream_made_anew_is_no_loss(desk: Desk) -> None:
    """Given a broker whose store was lost, when it counts from 1 again, then the history goes on.

    Twice: with the loss while no coordinator ran, and seen by a running one.
    """
    async with desk.coordinator():
        await desk.publish(*interleaved(LATER))
        await desk.drained()
    before = await desk.reader.position()
    await desk.connection.jetstream.delete_stream(EVENTS_STREAM)
    await declare_streams(desk.connection)
    for histories in (EARLIER[:1], EARLIER[1:]):
        async with desk.coordinator():
            await desk.publish(*interleaved(histories))
            await desk.drained()
        state = (await desk.connection.jetstream.stream_info(EVENTS_STREAM)).state
        assert (await Incarnations(desk.pool).written()).sequence == state.last_seq
    assert (await desk.reader.position()).incarnation == before.incarnation
    await desk.holds_exactly(ALL)


async def test_the_position_in_the_stream_is_kept_with_what_was_written(desk: Desk) -> None:
    async with desk.coordinator():
        await desk.publish(*interleaved(EARLIER))
        await desk.publish_raw("intent.submitted.x.y", b"poison")
        await desk.drained()
    state = (await desk.connection.jetstream.stream_info(EVENTS_STREAM)).state
    written = await Incarnations(desk.pool).written()
    assert written == StreamPosition(written.created, state.last_seq)
