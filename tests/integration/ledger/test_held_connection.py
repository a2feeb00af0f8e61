"""Statements of several handlers on one connection take turns."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tradewind.ledger.held_connection import HeldConnection
from tradewind.postgres import Pool, open_pool
from tradewind.runtime.decisions import DecisionUnavailable

HANDLERS = 20


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_dsn, max_size=1)
    yield opened
    opened.terminate()


async def test_handlers_that_ask_at_the_same_time_take_turns(pool: Pool) -> None:
    held = HeldConnection(pool, timeout_seconds=PATIENCE_SECONDS)
    asked = [held.fetch("SELECT $1::int AS told FROM pg_sleep(0.001)", n) for n in range(HANDLERS)]
    rows = await asyncio.gather(*asked)
    assert [row["told"] for (row,) in rows] == list(range(HANDLERS))


async def test_who_waits_in_vain_for_a_turn_ends_nobody_elses_statement(pool: Pool) -> None:
    held = HeldConnection(pool, timeout_seconds=PATIENCE_SECONDS)
    await held.fetch("SELECT")
    slow = asyncio.create_task(held.fetch("SELECT 1 AS told FROM pg_sleep(0.5)"))
    await asyncio.sleep(0)
    held._timeout_seconds = 0.01
    with pytest.raises(DecisionUnavailable):
        await held.fetch("SELECT")
    assert [row["told"] for row in await slow] == [1]


async def test_a_statement_that_takes_too_long_leaves_the_connection_usable(pool: Pool) -> None:
    held = HeldConnection(pool, timeout_seconds=0.01)
    with pytest.raises(DecisionUnavailable):
        await held.fetch("SELECT pg_sleep(60)")
    held._timeout_seconds = PATIENCE_SECONDS
    assert len(await held.fetch("SELECT")) == 1


async def test_a_connection_that_was_lost_meanwhile_costs_nobody_an_attempt(
    pool: Pool, database_dsn: str
) -> None:
    """Given a connection that ended between two statements, the second has another at once."""
    held = HeldConnection(pool, timeout_seconds=PATIENCE_SECONDS)
    ((told,),) = await held.fetch("SELECT pg_backend_pid()")
    other = await asyncpg.connect(database_dsn)
    await other.execute("SELECT pg_terminate_backend($1)", told)
    await other.close()
    await wait_until(lambda: pool.get_size() == 0, "the pool has noticed")
    ((told_next,),) = await held.fetch("SELECT pg_backend_pid()")
    assert told_next != told
