"""A decision reads as little of a portfolio that had many intents as of one that had none."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tradewind.postgres import Pool
from tradewind.trading.book.queries import QUERIES

INTENTS = 4_000
BLOCKS = 80
"""What a decision touches at most: a few of each of its tables and indexes."""
FILL = """
WITH added AS (
    INSERT INTO portfolios (portfolio_id) VALUES ('fund-1') RETURNING portfolio_id
)
INSERT INTO allocations (
    intent_id, portfolio_id, strategy_id, instrument, base_token, side, amount, status, is_approval, decision,
    incarnation, book_version, day, decided_at, expires_at, notional_usd, budget_usd, claim_token, claim_amount, claim_usd
)
SELECT n, portfolio_id, 's' || n % 3, 'pair', 'base', CASE WHEN n % 2 = 0 THEN 'acquire' ELSE 'dispose' END, n / 4,
    'used', n % 4 < 2, repeat('x', 500)::bytea, 'x', n, '2026-01-01', timestamptz '2026-01-01Z' + n * interval '1 s', now(),
    1, 1, 't', 1, 1
FROM added CROSS JOIN generate_series(0, $1 - 1) AS n
"""  # noqa: E501
TOUCHED = re.compile(r"Buffers: shared hit=(\d+)(?: read=(\d+))?")


@pytest.fixture
async def filled(pool: Pool) -> Pool:
    """Return a pool of a book with one portfolio, of which half the intents were approved."""
    await pool.execute(FILL, INTENTS)
    await pool.execute("ANALYZE allocations")
    (blocks,) = await pool.fetchrow("SELECT relpages FROM pg_class WHERE relname = 'allocations'")
    assert blocks > 2 * BLOCKS
    return pool


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_the_last_intent_that_was_the_same_is_found_at_once(filled: Pool, mode: str) -> None:
    place = ("new", "intent-new", 2, "event", "fund-1", "")
    arguments: tuple[object, ...] = (*place, "pair", "acquire", 500, [], [])
    grounds = QUERIES["select_grounds"]
    async with filled.acquire() as connection:
        await connection.execute(f"SET plan_cache_mode = {mode}")
        asked = f"EXPLAIN (ANALYZE, BUFFERS, TIMING off) {grounds}"
        rows = await connection.fetch(asked, *arguments)
        plan = "\n".join(row[0] for row in rows)
        found = await connection.fetchrow(grounds, *arguments)
    touched = TOUCHED.search(plan.partition("\nPlanning:")[0])
    assert touched, plan
    assert sum(int(part or 0) for part in touched.groups()) < BLOCKS, plan
    # the even ones of four are purchases, the first of them approved
    assert found["same_at"] == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=4 * 500)


async def test_a_book_says_in_which_life_of_the_database_it_is(pool: Pool) -> None:
    """Given that its life is noted, or none, then it is; not where another one was."""
    life = await pool.fetchval("SELECT database_life()")
    for noted, is_noted in (("", True), (life, True), ("another", False)):
        await pool.execute("UPDATE writer SET life = $1", noted)
        row = await pool.fetchrow(QUERIES["observe"])
        assert (row["server"], row["is_noted"]) == (life, is_noted)
