"""The journal of decisions: the first is kept for ever, byte for byte, whatever happens at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from tests.support.runtime_events import following, make_event
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.decided import DecidedJournal, opened_journal
from tradewind.ledger.held_connection import STATEMENT_TIMEOUT_SECONDS
from tradewind.postgres import Pool
from tradewind.runtime.decisions import (
    Decision,
    DecisionKey,
    DecisionUnavailable,
    decision_of,
)

GROUP = "risk.workers"
ROLE = "tradewind_risk"
KEYS = [DecisionKey(f"{number:026}", GROUP) for number in range(40)]


@pytest.fixture
async def journal(database_dsn: str) -> AsyncIterator[DecidedJournal]:
    """Return a journal with the privileges of risk."""
    async with opened_journal(database_dsn, ROLE) as opened:
        yield opened


@pytest.fixture
async def other(database_dsn: str) -> AsyncIterator[DecidedJournal]:
    """Return the journal of another process."""
    async with opened_journal(database_dsn, ROLE) as opened:
        yield opened


EVENT = make_event()


def decision(number: int = 0, count: int = 1) -> Decision:
    """Return a decision about EVENT, one that differs from others by its time."""
    events: list[AnyEvent] = []
    for _ in range(count):
        events += following(events[-1] if events else EVENT)
    at = EVENT.timestamp + timedelta(seconds=number)
    return decision_of(event.model_copy(update={"timestamp": at}) for event in events)


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_what_is_kept_is_found_by_other_processes_as_it_was(
    journal: DecidedJournal, other: DecidedJournal, count: int
) -> None:
    assert await journal.find(KEYS[0]) is None
    assert await journal.keep(KEYS[0], decision(count=count)) == decision(count=count)
    assert await other.find(KEYS[0]) == decision(count=count)


async def test_the_first_stands(journal: DecidedJournal, other: DecidedJournal) -> None:
    await journal.keep(KEYS[0], decision(1))
    for late in (other, journal):
        assert await late.keep(KEYS[0], decision(2, count=2)) == decision(1)
        assert await late.keep(KEYS[0], ()) == decision(1)
    assert await other.find(KEYS[0]) == decision(1)


async def test_groups_decide_each_for_itself(journal: DecidedJournal) -> None:
    desk = DecisionKey(KEYS[0].cause_event_id, "desk.workers")
    await journal.keep(KEYS[0], decision(1))
    assert await journal.find(desk) is None
    assert await journal.keep(desk, decision(2)) == decision(2)
    assert await journal.find(KEYS[0]) == decision(1)


async def test_who_decides_at_the_same_time_gets_the_same_decision(
    journal: DecidedJournal, other: DecidedJournal
) -> None:
    """Given two processes with the same messages in opposite orders, then neither gets its own."""
    jobs = [journal.keep(key, decision(1)) for key in KEYS]
    jobs += [other.keep(key, decision(2)) for key in reversed(KEYS)]
    jobs += [journal.keep(key, decision(3)) for key in KEYS]
    kept = await asyncio.gather(*jobs)
    stored = [await other.find(key) for key in KEYS]
    assert kept[: len(KEYS)] == stored
    assert kept[len(KEYS) : 2 * len(KEYS)] == stored[::-1]
    assert kept[2 * len(KEYS) :] == stored


async def test_what_is_decided_together_is_kept_in_few_commits(
    journal: DecidedJournal, database_dsn: str
) -> None:
    async def commits() -> int:
        owner = await asyncpg.connect(database_dsn)
        try:
            return len(await owner.fetch("SELECT DISTINCT decided_at FROM decided"))
        finally:
            await owner.close()

    await asyncio.gather(*(journal.keep(key, decision()) for key in KEYS))
    assert await commits() == 1


@pytest.mark.parametrize("who", ["owner", "risk"])
@pytest.mark.parametrize(
    "change",
    ["UPDATE decided SET events = ''", "DELETE FROM decided", "TRUNCATE decided"],
)
async def test_nobody_changes_what_is_kept(
    journal: DecidedJournal, pool: Pool, change: str, who: str
) -> None:
    await journal.keep(KEYS[0], decision())
    async with pool.acquire() as connection:
        if who == "risk":
            await connection.execute(f"SET ROLE {ROLE}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(change)
    assert await journal.find(KEYS[0]) == decision()


async def test_a_locked_table_is_an_outage_with_a_deadline(
    journal: DecidedJournal, pool: Pool
) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE decided IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(10 * STATEMENT_TIMEOUT_SECONDS):
            with pytest.raises(DecisionUnavailable):
                await journal.find(KEYS[0])
            with pytest.raises(DecisionUnavailable):
                await journal.keep(KEYS[0], decision(1))
    assert await journal.keep(KEYS[0], decision(2)) == decision(2)


@pytest.mark.parametrize(
    ("fault", "repair"),
    [
        ("ALTER DATABASE {} SET default_transaction_read_only = on", "ALTER DATABASE {} RESET ALL"),
        ("ALTER TABLE decided RENAME TO mislaid", "ALTER TABLE mislaid RENAME TO decided"),
        ("REVOKE INSERT ON decided FROM {role}", "GRANT INSERT ON decided TO {role}"),
    ],
    ids=["read-only", "not migrated", "not granted"],
)
async def test_whatever_ails_the_database_is_waited_out(
    database_dsn: str, fault: str, repair: str
) -> None:
    owner = await asyncpg.connect(database_dsn)
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(fault.format(name, role=ROLE))
    async with opened_journal(database_dsn, ROLE) as journal:
        with pytest.raises(DecisionUnavailable, match="PostgreSQL"):
            await journal.keep(KEYS[0], decision(1))
    await owner.execute("SET default_transaction_read_only = off")
    await owner.execute(repair.format(name, role=ROLE))
    await owner.close()
    async with opened_journal(database_dsn, ROLE) as journal:
        assert await journal.keep(KEYS[0], decision(2)) == decision(2)


async def test_connections_that_were_lost_while_idle_are_made_again(
    journal: DecidedJournal, pool: Pool
) -> None:
    await journal.keep(KEYS[0], decision())
    for _ in range(2):
        await pool.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        await wait_until(lambda: journal.find(KEYS[0]), despite=(DecisionUnavailable,))
        await wait_until(lambda: journal.keep(KEYS[0], decision(1)), despite=(DecisionUnavailable,))
    assert await journal.find(KEYS[0]) == decision()


async def test_a_journal_opens_while_nobody_listens() -> None:
    async with opened_journal("postgresql://127.0.0.1:1/none", ROLE) as journal:
        with pytest.raises(DecisionUnavailable):
            await journal.find(KEYS[0])
