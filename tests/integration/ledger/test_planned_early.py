"""What is planned while the ledger is empty is not slow when it no longer is."""

import pytest

from tradewind.postgres import Pool
from tradewind.trading.book.queries import QUERIES as BOOK
from tradewind.trading.wallet.queries import LEDGER_HEADS

ASKED = {
    "whose plan is recorded": (LEDGER_HEADS, ["intent-1"], ["1"], [b""]),
    "what a page is about": (BOOK["select_histories"], ["intent-1"], 1),
}


@pytest.mark.parametrize("what", ASKED)
async def test_a_plan_of_an_empty_ledger_looks_up_what_it_is_asked_for(
    pool: Pool, what: str
) -> None:
    statement, *arguments = ASKED[what]
    async with pool.acquire() as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        rows = await connection.fetch(f"EXPLAIN {statement}", *arguments)
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on event" not in plan, plan
