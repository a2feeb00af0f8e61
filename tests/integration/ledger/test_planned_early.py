"""What is planned while the ledger is empty or small is not slow when it no longer is."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.ledger.test_large_ledger import FILL, PREFIX
from tradewind.postgres import Pool
from tradewind.trading.accounting.queries import QUERIES as ACCOUNTS
from tradewind.trading.backtests.queries import QUERIES as BACKTESTS
from tradewind.trading.book.queries import QUERIES as BOOK
from tradewind.trading.wallet.queries import LEDGER_HEADS

ASKED = {
    "whose plan is recorded": (LEDGER_HEADS, ["intent-1"], ["1"], [b""]),
    "what a page is about": (BOOK["select_histories"], ["intent-1"], 1),
    "what is booked": (ACCOUNTS["insert_entries"], "[]"),
    "what gas is charged": (ACCOUNTS["insert_gas"], "[]"),
    "what the ledger has of what was told": (BOOK["forget_recorded"],),
}
READ_WHOLE = re.compile(
    r"Seq Scan on (event|correlation_head|entries)|(Hash|Merge|Semi) Join|Cond: \(global_seq <"
)
"""Tables, or joins with more of them than is asked for; what CTEs hold is joined in any way."""


@pytest.mark.parametrize("intents", [0, 300])
@pytest.mark.parametrize("what", ASKED)
async def test_a_plan_of_an_early_ledger_looks_up_what_it_is_asked_for(
    pool: Pool, what: str, intents: int
) -> None:
    statement, *arguments = ASKED[what]
    if intents:
        await pool.execute(FILL, intents, PREFIX)
        await pool.execute("ANALYZE event_index, events, correlation_head")
    async with pool.acquire() as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        rows = await connection.fetch(f"EXPLAIN {statement}", *arguments)
    plan = "\n".join(row[0] for row in rows)
    assert not READ_WHOLE.search(plan), plan


async def test_recorded_flows_are_found_by_the_time_of_their_period(pool: Pool) -> None:
    """Given any number of intents before and after it, then a back-test does not read them."""
    await pool.execute(FILL, 2_000, PREFIX)
    await pool.execute(
        "SET session_replication_role = replica;"
        "UPDATE events SET time = time + global_seq * interval '1 minute'"
        " WHERE topic = 'intent.submitted';"
        "RESET session_replication_role"
    )
    await pool.execute("ANALYZE event_index, events")
    now = datetime.now(UTC)
    period = now - timedelta(minutes=1), now, ["WETH-USDC"], None, 100
    async with pool.acquire() as connection:
        rows = await connection.fetch(f"EXPLAIN {BACKTESTS['select_flows_total']}", *period)
    plan = "\n".join(row[0] for row in rows)
    assert "events_submitted_time" in plan, plan
