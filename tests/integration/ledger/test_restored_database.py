"""The loss of a restored database is detected, and the events are recorded again."""

from collections.abc import Awaitable, Callable

import pytest

from tests.integration.ledger.backup import backup_of
from tests.integration.ledger.harness import LedgerHarness, interleaved, wait_despite_outages
from tests.support.histories import History
from tradewind.contracts.roles import COORDINATOR_GROUP
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM, FENCE_HEADER
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incarnation import Incarnations, StreamPosition
from tradewind.ledger.append.lease import Lease
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import declare_streams

EARLIER = [History(number) for number in range(1, 4)]
LATER = [History(number) for number in range(4, 9)]
ALL = [*EARLIER, *LATER]
EXPIRES_SECONDS = 0.2


async def _flush_redis(harness: LedgerHarness) -> None:
    await harness.redis.flushall()


async def _delete_consumer(harness: LedgerHarness) -> None:
    durable = COORDINATOR_GROUP.durable
    await harness.connection.jetstream.delete_consumer(EVENTS_STREAM, durable)


async def _nothing(harness: LedgerHarness) -> None:
    """Leave both kinds of evidence."""


@pytest.mark.parametrize("lose", [_nothing, _flush_redis, _delete_consumer])
async def test_what_a_restored_database_lost_is_recorded_again(
    harness: LedgerHarness,
    database_dsn: str,
    servers: Servers,
    lose: Callable[[LedgerHarness], Awaitable[None]],
) -> None:
    """Either evidence is enough: what the consumer acknowledged, or what Redis shows."""
    async with harness.coordinator():
        await harness.publish(*interleaved(EARLIER))
        await harness.shows(EARLIER)
        await harness.drained()
    before = (await harness.reader.position()).incarnation
    async with backup_of(database_dsn, servers) as backup:
        async with harness.coordinator():
            await harness.publish(*interleaved(LATER))
            await harness.shows(ALL)
            await harness.drained()
        await backup.restore()
        await lose(harness)
        async with harness.coordinator():
            await harness.recorded_at_least(sum(len(one.completed()) for one in ALL))
            await harness.shows(ALL)
            await harness.drained()
    await harness.holds_exactly(ALL)
    assert (await harness.reader.position()).incarnation > before


async def test_a_running_coordinator_notices(
    harness: LedgerHarness, database_dsn: str, servers: Servers
) -> None:
    """Given a writer and a stand-by, when commits vanish, then the writer ends and nothing is."""
    async with harness.processes(2):
        await harness.leads()
        await harness.publish(*interleaved(EARLIER))
        await harness.drained()
        async with backup_of(database_dsn, servers) as backup:
            await harness.publish(*interleaved(LATER[:-1]))
            await harness.shows([*EARLIER, *LATER[:-1]])
            before = (await harness.reader.position()).incarnation
            await backup.restore()
            # The first write detects the loss.
            first, *rest = interleaved(LATER[-1:])
            await harness.publish(first)

            async def has_begun_again() -> bool:
                return (await harness.reader.position()).incarnation > before

            await wait_despite_outages(has_begun_again)
            await harness.publish(*rest)
            await harness.recorded_at_least(sum(len(one.completed()) for one in ALL))
            await harness.shows(ALL)
            await harness.drained()
    await harness.holds_exactly(ALL)


async def test_lost_dead_letters_come_back(
    harness: LedgerHarness, database_dsn: str, servers: Servers
) -> None:
    letter = DeadLetter("risk.workers", "a.b.c.d", "bug", "boom", 1, b"raw", 7)
    async with harness.coordinator():
        await harness.publish(*interleaved(EARLIER))
        await harness.drained()
    async with backup_of(database_dsn, servers) as backup:
        async with harness.coordinator():
            await harness.publish(*interleaved(LATER))
            await harness.publish_raw(letter.dead_letter_subject, letter.raw, letter.headers())
            await harness.drained()
            await harness.drained(DEAD_LETTERS_STREAM)
        await backup.restore()
        assert await harness.dead_letters.page() == []
        async with harness.coordinator():

            async def is_back() -> bool:
                return bool(await harness.dead_letters.page())

            await wait_despite_outages(is_back)


async def test_who_dies_before_the_stream_is_read_again_leaves_it_to_the_next(
    harness: LedgerHarness,
) -> None:
    async with harness.coordinator():
        await harness.publish(*interleaved(EARLIER))
        await harness.drained()
    lease = Lease(harness.pool, "dies", 60)
    term = await lease.acquire()
    assert term is not None
    info = await harness.connection.jetstream.stream_info(EVENTS_STREAM)
    assert info.created is not None
    incarnations = Incarnations(harness.pool)
    begun = await incarnations.begin(term.epoch, "", info.created.isoformat())
    assert begun.incarnation > term.incarnation
    await lease.release(term.epoch)
    async with harness.coordinator():

        async def has_begun_again() -> bool:
            return (await harness.reader.position()).incarnation > begun.incarnation

        await wait_despite_outages(has_begun_again)
        await harness.publish(*interleaved(LATER))
        await harness.drained()
        await harness.shows(ALL)
    assert (await harness.reader.position()).incarnation > begun.incarnation


async def test_an_incarnation_is_later_than_any_before_it_whatever_the_clock_says(
    harness: LedgerHarness,
) -> None:
    future = f"{'9' * 15}00000-abcdef01"
    term = await Lease(harness.pool, "writer", 60).acquire()
    assert term is not None
    incarnations = Incarnations(harness.pool)
    begun = await incarnations.begin(term.epoch, future, "now")
    again = await incarnations.begin(term.epoch, "no incarnation", "now")
    assert future < begun.incarnation < again.incarnation


async def test_a_stream_made_anew_is_no_loss(harness: LedgerHarness) -> None:
    """Given a broker whose store was lost, when it counts from 1 again, then the history goes on.

    Twice: with the loss while no coordinator ran, and seen by a running one.
    """
    async with harness.coordinator():
        await harness.publish(*interleaved(LATER))
        await harness.drained()
    before = await harness.reader.position()
    await harness.connection.jetstream.delete_stream(EVENTS_STREAM)
    await declare_streams(harness.connection)
    for histories in (EARLIER[:1], EARLIER[1:]):
        async with harness.coordinator():
            await harness.publish(*interleaved(histories))
            await harness.drained()
        state = (await harness.connection.jetstream.stream_info(EVENTS_STREAM)).state
        assert (await Incarnations(harness.pool).written()).sequence == state.last_seq
    assert (await harness.reader.position()).incarnation == before.incarnation
    await harness.holds_exactly(ALL)


async def test_the_position_in_the_stream_is_kept_with_what_was_written(
    harness: LedgerHarness,
) -> None:
    async with harness.coordinator():
        await harness.publish(*interleaved(EARLIER))
        await harness.publish_raw("intent.submitted.x.y", b"poison")
        await harness.drained()
    state = (await harness.connection.jetstream.stream_info(EVENTS_STREAM)).state
    written = await Incarnations(harness.pool).written()
    assert written == StreamPosition(written.created, state.last_seq)


async def halted_history(harness: LedgerHarness) -> str | None:
    """Return why nothing is traded because history was lost; None while that is not so."""
    reason: str | None = await harness.pool.fetchval(
        "SELECT reason FROM trading_states WHERE kind = 'history' AND state = 'halted'"
    )
    return reason


async def test_a_lost_store_halts_before_anything_is_recorded_and_a_restart_does_not(
    harness: LedgerHarness,
) -> None:
    """Given a database that says it was written from another stream, then a part may be lost."""
    for _ in range(2):
        async with harness.coordinator():
            await harness.publish(*interleaved(EARLIER))
            await harness.drained()
    assert await halted_history(harness) is None
    token = await harness.fencing_token()
    await harness.connection.jetstream.delete_stream(EVENTS_STREAM)
    await declare_streams(harness.connection)
    async with harness.coordinator():
        await wait_despite_outages(lambda: _is_halted(harness))
        assert (await harness.reader.position()).last_global_seq == sum(
            len(one.completed()) for one in EARLIER
        )
    assert await harness.fencing_token() != token
    kept = await harness.pool.fetchval(
        "SELECT count(*) FROM ingress WHERE subject LIKE 'system.trading_state_changed%'"
    )
    assert kept == 1
    async with harness.coordinator():
        await harness.publish(*interleaved(LATER))
        await harness.drained()
    assert await harness.pool.fetchval("SELECT max(version) FROM trading_states") == 1
    await harness.holds_exactly(ALL)


async def _is_halted(harness: LedgerHarness) -> bool:
    return await halted_history(harness) is not None


async def test_a_stream_that_let_go_of_what_the_backup_lacks_halts(
    harness: LedgerHarness, database_dsn: str, servers: Servers
) -> None:
    """Given a backup that is older than what the stream still has, then only the chain knows."""
    async with harness.coordinator():
        await harness.publish(*interleaved(EARLIER))
        await harness.drained()
    async with backup_of(database_dsn, servers) as backup:
        async with harness.coordinator():
            await harness.publish(*interleaved(LATER))
            await harness.drained()
        await backup.restore()
    first = await _expired(harness)
    async with harness.coordinator():
        await wait_despite_outages(lambda: _is_halted(harness))
    reason = await halted_history(harness)
    assert f"the stream begins at {first}" in str(reason)


async def _expired(harness: LedgerHarness) -> int:
    """Let the stream keep nothing for long; return where it begins when all of it is gone."""
    jetstream = harness.connection.jetstream
    config = (await jetstream.stream_info(EVENTS_STREAM)).config
    brief = config.evolve(max_age=EXPIRES_SECONDS, duplicate_window=EXPIRES_SECONDS)
    await jetstream.update_stream(brief)

    async def is_empty() -> bool:
        return (await jetstream.stream_info(EVENTS_STREAM)).state.messages == 0

    await wait_despite_outages(is_empty)
    await jetstream.update_stream(config)
    return (await jetstream.stream_info(EVENTS_STREAM)).state.first_seq


async def test_an_approval_from_before_the_restore_is_not_recorded_after_it(
    harness: LedgerHarness, database_dsn: str, servers: Servers
) -> None:
    """Given a process that wakes up with a claim that is gone, then its approval counts nothing."""
    history = History(9).completed()
    submitted, screened, approved = history[:3]
    async with harness.coordinator():
        await harness.publish(*interleaved(EARLIER))
        await harness.drained()
    token = await harness.fencing_token()
    async with backup_of(database_dsn, servers) as backup:
        async with harness.coordinator():
            await harness.publish(*interleaved(LATER))
            await harness.drained()
        await backup.restore()
    async with harness.coordinator():
        # Redis shows everything all along: what is in the stream before the loss is found counts.
        await harness.recorded_at_least(sum(len(one.completed()) for one in ALL))
        await harness.publish(submitted, screened)
        for headers in ({FENCE_HEADER: token}, None):
            await harness.publish_raw(approved.subject, approved.to_bytes(), headers)
        await harness.drained()
        assert len(await harness.reader.history(submitted.correlation_id)) == 2
        await harness.publish(*history)
        await harness.drained()
    recorded = await harness.reader.history(submitted.correlation_id)
    assert [one.event for one in recorded] == history
    assert {reason for reason, _ in await harness.quarantined()} == {QuarantineReason.FENCED}
