"""One writer at a time: the lease, the epoch, and what a zombie can do (nothing)."""

import asyncio
import os
import signal
from asyncio.subprocess import Process

import pytest

from actors.coordinator.leadership import keep_lease
from tests.integration.ledger.harness import LedgerHarness, interleaved, wait_despite_outages
from tests.support.arrivals import arrive
from tests.support.histories import History
from tests.support.paused import stop
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.ledger.append.incarnation import Incarnations
from tradewind.ledger.append.lease import Lease, StaleEpoch
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.upkeep.dead_letters import DeadLetters
from tradewind.postgres import Pool, open_pool

LONG_SECONDS = 60
SHORT_SECONDS = 0.05
HISTORIES = [History(number) for number in range(1, 4)]


async def test_a_held_lease_is_refused_and_a_released_one_is_free(pool: Pool) -> None:
    first, second = (Lease(pool, name, LONG_SECONDS) for name in ("first", "second"))
    held = await first.acquire()
    assert held is not None
    assert await second.acquire() is None
    assert await first.acquire() is None
    await first.release(held.epoch)
    taken = await second.acquire()
    assert taken is not None
    assert taken.epoch == held.epoch + 1


async def test_of_many_that_try_at_once_one_gets_it(pool: Pool) -> None:
    leases = [Lease(pool, str(number), LONG_SECONDS) for number in range(8)]
    taken = await asyncio.gather(*(lease.acquire() for lease in leases))
    assert sum(position is not None for position in taken) == 1


async def test_a_lapsed_lease_passes_on_and_cannot_be_renewed_then(pool: Pool) -> None:
    first, second = Lease(pool, "first", SHORT_SECONDS), Lease(pool, "second", LONG_SECONDS)
    held = await first.acquire()
    assert held is not None

    async def takes() -> bool:
        return await second.acquire() is not None

    await wait_despite_outages(takes)
    with pytest.raises(StaleEpoch):
        await first.renew(held.epoch)
    # The old holder may not end the term of the new one either.
    await first.release(held.epoch)
    assert await Lease(pool, "third", LONG_SECONDS).acquire() is None


async def test_a_lapsed_lease_nobody_took_goes_on(pool: Pool) -> None:
    lease = Lease(pool, "first", SHORT_SECONDS)
    held = await lease.acquire()
    assert held is not None
    await asyncio.sleep(2 * SHORT_SECONDS)
    await lease.renew(held.epoch)
    await Ledger(pool, held.epoch).append([])


async def test_a_writer_that_stops_between_two_messages_keeps_nobody_out(
    pool: Pool, database_dsn: str
) -> None:
    """Given a writer that stops after it prepared a statement in its transaction, when its lease
    has lapsed, then another one takes it: to the server such a session is active, not idle."""
    held = await Lease(pool, "first", SHORT_SECONDS).acquire()
    assert held is not None
    stopped = await open_pool(
        database_dsn, writes=True, idle_in_transaction_seconds=1, transaction_seconds=2
    )
    connection = await stopped.acquire()
    await connection.execute("BEGIN")
    await connection.fetchrow(QUERIES["lock_writer"])
    await connection.prepare("SELECT epoch FROM writer WHERE id = $1")

    async def takes() -> bool:
        return await Lease(pool, "second", LONG_SECONDS).acquire() is not None

    await wait_despite_outages(takes)
    stopped.terminate()


async def test_a_stale_epoch_writes_nothing(pool: Pool, reader: LedgerReader) -> None:
    """Given a writer whose lease went to another, when it writes, then nothing of it is there."""
    old = await Lease(pool, "old", SHORT_SECONDS).acquire()
    assert old is not None
    await asyncio.sleep(2 * SHORT_SECONDS)
    new = await Lease(pool, "new", LONG_SECONDS).acquire()
    assert new is not None
    zombie = Ledger(pool, old.epoch)
    letter = DeadLetter("risk.workers", "a.b.c.d", "bug", "boom", 1, b"raw", 7)
    for attempt in (
        zombie.append(arrive(HISTORIES[0].completed())),
        zombie.append([]),
        zombie.record_dead_letters([letter]),
    ):
        with pytest.raises(StaleEpoch):
            await attempt
    assert await reader.events_after(0) == []
    assert await DeadLetters(pool).page() == []
    await Ledger(pool, new.epoch).append(arrive(HISTORIES[0].completed()))
    assert len(await reader.events_after(0)) == len(HISTORIES[0].completed())


async def test_the_epoch_of_an_earlier_incarnation_is_stale(pool: Pool) -> None:
    """Given a restored database that counts the same epoch again, then the old holder is out."""
    term = await Lease(pool, "old", LONG_SECONDS).acquire()
    assert term is not None
    begun = await Incarnations(pool).begin(term.epoch, term.incarnation, "now")
    assert begun.epoch == term.epoch
    with pytest.raises(StaleEpoch):
        await Ledger(pool, term.epoch, term).append(arrive(HISTORIES[0].completed()))
    await Ledger(pool, begun.epoch, begun).append(arrive(HISTORIES[0].completed()))


async def test_a_holder_that_lives_keeps_its_lease(pool: Pool) -> None:
    lease = Lease(pool, "holder", 1)
    term = await lease.acquire()
    assert term is not None
    ends = {await pool.fetchval("SELECT lease_until FROM writer")}
    keeping = asyncio.create_task(keep_lease(lease, term.epoch))

    async def is_prolonged() -> bool:
        ends.add(await pool.fetchval("SELECT lease_until FROM writer"))
        return len(ends) > 2

    await wait_despite_outages(is_prolonged)
    keeping.cancel()
    assert (await LedgerReader(pool).position()).epoch == term.epoch


async def test_a_stand_by_takes_over_and_the_zombie_ends_without_a_trace(
    harness: LedgerHarness,
) -> None:
    """Given two coordinators, when the writer is stopped, then the other goes on; woken, it ends.

    The stopped one holds messages it has read: they are delivered again to the other.
    """
    many = [History(number) for number in range(1, 41)]
    events = interleaved(many)
    async with harness.processes(2) as started:
        writer = await _writer(harness, started)
        await harness.publish(*events[:50])
        await harness.recorded_at_least(1)
        stop(writer.pid)
        await harness.publish(*events[50:])
        await harness.recorded_at_least(len(events))
        os.kill(writer.pid, signal.SIGCONT)
        assert await writer.wait() == 1
        await harness.drained()
        await harness.holds_exactly(many)
        await harness.shows(many)


async def test_a_coordinator_that_stops_cleanly_hands_over_at_once(harness: LedgerHarness) -> None:
    async with harness.processes(2) as started:
        writer = await _writer(harness, started)
        # The coordinator releases the lease first, and ends some time later.
        epoch = (await harness.reader.position()).epoch
        writer.terminate()
        assert await writer.wait() == 0

        async def is_taken_over() -> bool:
            return (await harness.reader.position()).epoch == epoch + 1

        await wait_despite_outages(is_taken_over)
        await harness.publish(*HISTORIES[0].completed())
        await harness.recorded_at_least(1)


async def _writer(harness: LedgerHarness, started: list[Process]) -> Process:
    holder = await harness.leads()
    pid = int(holder.rpartition(":")[2])
    return next(process for process in started if process.pid == pid)
