"""The ledger on TimescaleDB: the same writer and readers, and what an operator may add."""

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind import CHECKOUT
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.append.lease import Lease
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.migrations import current_revision, head_revision, upgrade
from tradewind.ledger.retention import HistoryWouldBeDropped, check_retention
from tradewind.postgres import Pool

OPERATIONS = CHECKOUT / "docs" / "runbooks" / "ledger-disk.md"
AGE = timedelta(days=200)
JOB = "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = $1"
COPIES = """
INSERT INTO events
SELECT time - $1::interval, event_id || '-old', topic, correlation_id || '-old', causation_id,
    payload, version, sequence, instrument, portfolio, producer, global_seq + 1000000,
    recorded_at - $1::interval
FROM events
"""
OLD = "SELECT * FROM events WHERE correlation_id LIKE '%-old' ORDER BY global_seq"


def statement(page: Path, word: str) -> str:
    """Return the block of SQL on a page that contains a word."""
    blocks = page.read_text().split("```sql\n")[1:]
    (found,) = [one.partition("```")[0] for one in blocks if word in one]
    return found


async def recorded(pool: Pool, number: int) -> list[AnyEvent]:
    """Record a history and return its events."""
    history = History(number).completed(fills=2)
    await (await writer(pool)).append(arrive(history, first=number * 100))
    return history


async def writer(pool: Pool) -> Ledger:
    """Return the writer of the present epoch: the tests share one database."""
    return Ledger(pool, (await LedgerReader(pool).position()).epoch)


async def test_every_migration_runs_and_events_are_a_hypertable(
    timescale_dsn: str, pool: Pool
) -> None:
    assert await pool.fetchval("SELECT current_setting('timescaledb.license')") == "timescale"
    dimension = await pool.fetchrow(
        "SELECT * FROM timescaledb_information.dimensions WHERE hypertable_name = 'events'"
    )
    assert dimension is not None
    assert dimension["column_name"] == "recorded_at"
    assert dimension["time_interval"] == timedelta(days=7)
    await pool.close()
    assert await current_revision(timescale_dsn) == head_revision()
    await asyncio.to_thread(upgrade, timescale_dsn)


async def test_what_the_writer_appends_comes_back_byte_for_byte(pool: Pool) -> None:
    history = await recorded(pool, 1)
    again = await (await writer(pool)).append(arrive(history, first=900))
    assert (again.appended, again.duplicates) == ((), len(history))
    reader = LedgerReader(pool)
    found = await reader.history(history[0].correlation_id)
    assert [one.body for one in found] == [event.to_bytes() for event in history]
    assert (await reader.position()).last_global_seq == (await reader.events_after(0))[
        -1
    ].global_seq
    chunks = await pool.fetchval("SELECT count(*) FROM show_chunks('events')")
    assert chunks == 1


async def test_one_writer_at_a_time(pool: Pool) -> None:
    first, second = Lease(pool, "first", 60), Lease(pool, "second", 60)
    term = await first.acquire()
    assert term is not None
    assert await second.acquire() is None
    await first.renew(term.epoch)
    await first.release(term.epoch)
    successor = await second.acquire()
    assert successor is not None
    assert successor.epoch == term.epoch + 1
    await second.release(successor.epoch)


async def test_old_events_are_compressed_and_read_as_before(pool: Pool) -> None:
    """Given events of long ago, when the runbook's policy runs, then only their size changed."""
    history = await recorded(pool, 2)
    await pool.execute(COPIES, AGE)
    before = await pool.fetch(OLD)
    for one in statement(OPERATIONS, "columnstore").split(";"):
        if one.strip():
            await pool.execute(one)
    await pool.execute(f"CALL run_job({await pool.fetchval(JOB, 'policy_compression')})")
    chunks = await pool.fetch(
        "SELECT is_compressed FROM timescaledb_information.chunks ORDER BY range_start"
    )
    assert [one["is_compressed"] for one in chunks] == [True, False]
    assert len(before) >= len(history)
    assert await pool.fetch(OLD) == before
    newer = await recorded(pool, 3)
    found = await LedgerReader(pool).history(newer[0].correlation_id)
    assert [one.event for one in found] == newer


@pytest.mark.parametrize("change", ["UPDATE events SET version = 2", "DELETE FROM events"])
async def test_nothing_recorded_changes_in_either_kind_of_chunk(pool: Pool, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await pool.execute(change)


async def test_provisioning_refuses_a_policy_that_drops_history(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await check_retention(connection)
        await connection.execute("SELECT add_retention_policy('events', INTERVAL '1000 days')")
        with pytest.raises(HistoryWouldBeDropped, match="remove_retention_policy"):
            await check_retention(connection)
        await connection.execute("SELECT remove_retention_policy('events')")
        await check_retention(connection)
