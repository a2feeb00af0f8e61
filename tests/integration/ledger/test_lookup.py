"""Ids and hashes lead to what they belong to, by indexes."""

import pytest

from tests.integration.ledger.test_explain import ATTEMPT, REPLACED_HASH
from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.lookup import Lookup, Named, SignedBy, Transaction
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Pool

FIRST, SECOND = History(1, strategy_id="beta"), History(2, strategy_id="alpha")
THIRD = History(3, strategy_id="alpha")
UNKNOWN = "0" * 26


@pytest.fixture
async def lookup(pool: Pool, ledger: Ledger) -> Lookup:
    for history in (FIRST, SECOND, THIRD):
        await ledger.append(arrive(history.completed()))
    return Lookup(pool)


async def test_an_id_is_of_a_plan_or_an_event(lookup: Lookup) -> None:
    event = FIRST.completed()[2]
    assert await lookup.named(FIRST.plan_id) == Named(FIRST.correlation_id, None)
    assert await lookup.named(event.event_id) == Named(None, FIRST.correlation_id)
    assert await lookup.named(UNKNOWN) == Named(None, None)
    assert await lookup.is_history(FIRST.correlation_id)
    assert not await lookup.is_history(f"intent-{UNKNOWN}")


async def test_a_hash_leads_to_the_history_and_to_the_wallet(lookup: Lookup, pool: Pool) -> None:
    on_paper = FIRST.step_submitted().tx_hash
    assert await lookup.transaction(on_paper) is not None
    await pool.execute(
        ATTEMPT.replace("$1", f"'{SECOND.plan_id}'").replace("$2", f"'{REPLACED_HASH}'")
    )
    signed = await lookup.transaction(REPLACED_HASH)
    assert signed == Transaction(SECOND.correlation_id, SignedBy(1, "0xw"))
    assert await lookup.transaction("0x" + "12" * 32) is None


async def test_each_strategy_is_named_once(lookup: Lookup) -> None:
    assert await lookup.strategies() == ["alpha", "beta"]


PORTFOLIOS = "INSERT INTO portfolios (portfolio_id) VALUES ('fund_1'), ('fund-2'), ('other')"
ALLOCATED = """
INSERT INTO allocations (intent_id, portfolio_id, strategy_id, instrument, side, base_token, amount, status, is_approval,
    incarnation, book_version, day, decided_at, expires_at, notional_usd, budget_usd, claim_token, claim_usd)
SELECT portfolio_id || strategy_id || n, portfolio_id, strategy_id, 'ethereum-WETH-USDC', 'acquire', 'WETH', 1, 'used', true,
    '1', 1, current_date, now(), now(), 1, 1, 'USDC', 1
FROM (VALUES ('fund_1', 'beta'), ('fund_1', 'alpha'), ('fund-2', 'alpha'), ('other', 'gamma')) AS t (portfolio_id, strategy_id)
CROSS JOIN generate_series(1, 3) AS n
"""  # noqa: E501


async def test_strategies_are_those_of_the_portfolios_that_are_seen(pool: Pool) -> None:
    await pool.execute(PORTFOLIOS)
    await pool.execute(ALLOCATED)
    lookup = Lookup(pool)
    assert await lookup.strategies(["fund%"]) == ["alpha", "beta"]
    assert await lookup.strategies([r"fund\_1", "other"]) == ["alpha", "beta", "gamma"]
    assert await lookup.strategies(["fund-2"]) == ["alpha"]
    assert await lookup.strategies(["nobody"]) == await lookup.strategies([]) == []


async def test_no_strategy_is_named_before_the_first_intent(pool: Pool) -> None:
    assert await Lookup(pool).strategies() == []


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("select_history_of_transaction", "events_transaction"),
        ("select_strategies", "events_strategy_intents"),
    ],
)
async def test_what_is_looked_up_has_an_index(pool: Pool, name: str, index: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        statement = QUERIES[name].replace("$1", "1" if name == "select_strategies" else "'x'")
        plan = await connection.fetch(f"EXPLAIN {statement}")
    assert index in "\n".join(row[0] for row in plan)
