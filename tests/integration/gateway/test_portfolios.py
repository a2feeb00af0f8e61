"""Portfolios as the gateway shows them: after a recorded trade one answer has all of it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from click.testing import CliRunner

from actors.portfolio.settlement import SettlementLoop
from gateway.visibility import like_patterns
from tests.integration.book.harness import apply_limits
from tests.integration.gateway.support import RunningGateway, running_gateway
from tests.settings import Settings
from tests.support.arrivals import arrive
from tests.support.histories import PRICE, USDC, History
from tests.support.keys import Signing, owned_key
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.errors import TradewindError
from tradewind.keys.model import Accounts
from tradewind.keys.store import KeyStore
from tradewind.ledger.append.writer import Ledger
from tradewind.operations.cli.portfolio import portfolio
from tradewind.operations.demo.platform_client import PlatformRefused
from tradewind.postgres import Pool, open_pool
from tradewind.trading.accounting.keys import token_key
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.seams import Market
from tradewind.trading.book.strategies import strategies_of
from tradewind.trading.book.telling import Teller
from tradewind.trading.portfolios.queries import QUERIES
from tradewind.trading.portfolios.reader import PortfolioReader, Seen

BOUGHT = History(1, strategy_id="alpha", portfolio_id="fund")
SOLD = History(2, strategy_id="alpha", portfolio_id="fund", intent_type="dispose")
REFUSED = History(3, strategy_id="beta", portfolio_id="fund")
OTHER = History(4, strategy_id="beta")
OPEN = History(5, strategy_id="alpha", portfolio_id="fund")
PEGGED = frozenset({token_key(USDC)})


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    """Return connections around the gateway."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=6)
    yield pool
    pool.terminate()


async def record(running: RunningGateway, pool: Pool, *histories: list[AnyEvent]) -> None:
    """Record histories, and settle them as the portfolio role does."""
    ledger = Ledger(pool)
    for history in histories:
        await ledger.append(arrive(history))
    market = Market(lambda _: None, PEGGED)
    loop = SettlementLoop(pool, running.connection, running.publisher, Fence(), market)

    async def is_settled() -> bool:
        await loop.work()
        row = await pool.fetchrow("SELECT global_seq, last_global_seq FROM book_cursor, writer")
        return bool(row[0] == row[1])

    await wait_until(is_settled)


async def get(running: RunningGateway, path: str, **query: Any) -> Any:
    response = await running.client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def test_one_answer_has_all_of_a_portfolio(running: RunningGateway, pool: Pool) -> None:
    await apply_limits(pool, daily_budget_usd="10000", max_open_intents=5)
    await record(
        running,
        pool,
        BOUGHT.completed(),
        REFUSED.events(REFUSED.rejected()),
        OTHER.completed(),
        OPEN.events(*OPEN.until_planned()),
    )
    shown = await get(running, "/portfolios/fund")
    assert (shown["cash_usd"], shown["equity_usd"]) == (f"-{PRICE}.000000", "0.000000")
    assert shown["gross_exposure_usd"] == f"{PRICE}.000000"
    assert (shown["state"], shown["state_scope"]) == ("active", None)
    assert (shown["position_count"], shown["open_intents"]) == (1, 1)
    assert shown["claimed_usd"] == f"{PRICE}.000000"
    (position,) = shown["positions"]
    assert (position["symbol"], position["qty"]) == ("WETH/USDC", "1.000000000000000000")
    assert (position["avg_entry_price"], position["mark_price"]) == (str(PRICE), str(PRICE))
    assert (position["unrealized_pnl"], position["fills"]) == ("0.000000", 1)
    assert [one["intent_id"] for one in shown["recent_fills"]] == [BOUGHT.intent_id]
    assert [one["intent_id"] for one in shown["recent_blocks"]] == [REFUSED.intent_id]
    limits = {one["name"]: one for one in shown["limits"]["limits"]}
    assert limits["daily_budget_usd"] == {
        "name": "daily_budget_usd",
        "value": "10000",
        "scope": "defaults",
    }
    assert shown["limits"]["policy_version"] == 1
    last = await pool.fetchval("SELECT last_global_seq FROM writer")
    assert shown["as_of"] == last


async def test_a_sale_realizes_what_was_gained(running: RunningGateway, pool: Pool) -> None:
    await record(running, pool, BOUGHT.completed(), SOLD.completed())
    shown = await get(running, "/portfolios/fund")
    assert shown["positions"] == []
    assert shown["realized_pnl"] == {"USDC": "0.000000"}
    assert shown["balances"] == []


async def test_all_portfolios_together(running: RunningGateway, pool: Pool) -> None:
    await apply_limits(pool, daily_budget_usd="10000")
    await record(running, pool, BOUGHT.completed(), OTHER.completed())
    listed = await get(running, "/portfolios", limit=1)
    assert [one["portfolio_id"] for one in listed["items"]] == ["beta"]
    rest = await get(running, "/portfolios", cursor=listed["next_cursor"])
    assert [one["portfolio_id"] for one in rest["items"]] == ["fund"]
    assert rest["next_cursor"] is None
    positions = await get(running, "/live/positions", limit=1)
    assert [one["portfolio_id"] for one in positions["items"]] == ["beta"]
    more = await get(running, "/live/positions", cursor=positions["next_cursor"])
    assert [one["portfolio_id"] for one in more["items"]] == ["fund"]
    pair = BOUGHT.key.instrument
    assert len((await get(running, "/live/positions", instrument=pair))["items"]) == 2
    assert (await get(running, "/live/positions", instrument="ethereum-LINK-USDC"))["items"] == []
    total = await get(running, "/live/portfolio")
    assert (total["cash_usd"], total["position_count"]) == (f"-{2 * PRICE}.000000", 2)
    one = await get(running, "/live/portfolio", portfolio_id="beta")
    assert (one["position_count"], len(one["portfolios"])) == (1, 1)
    assert (await get(running, "/live/portfolio", portfolio_id="nobody"))["portfolios"] == []
    assert (await running.client.get("/portfolios/nobody")).json()["code"] == "PORTFOLIO_NOT_FOUND"


async def test_a_day_before_the_first_of_the_calendar_is_that_day(running: RunningGateway) -> None:
    counted = await get(running, "/live/block-reasons", to="0001-01-01T12:00:00Z")
    assert (counted["since"], counted["total"]) == ("0001-01-01T00:00:00.000Z", 0)


async def test_a_budget_is_used_and_given_back(running: RunningGateway, pool: Pool) -> None:
    await apply_limits(pool, daily_budget_usd="10000")
    failed = OPEN.events(*OPEN.until_planned(), OPEN.started(), OPEN.failure("not_submitted"))
    await record(running, pool, BOUGHT.completed(), failed)
    # What was recorded for a test is of another day than today.
    await pool.execute("UPDATE allocations SET day = current_date")
    await pool.execute("UPDATE portfolios SET day = current_date")
    budget = await get(running, "/live/risk-budget", portfolio_id="fund")
    assert budget["budget_total"] == "10000.000000"
    assert budget["budget_used"] == f"{PRICE}.000000"
    assert budget["budget_available"] == f"{10_000 - PRICE}.000000"
    assert budget["utilization_pct"] == "35.00"
    statuses = {one["id"]: one for one in budget["allocations"]}
    assert statuses[BOUGHT.intent_id]["status"] == "used"
    assert statuses[BOUGHT.intent_id]["release_amount"] == "0"
    assert statuses[OPEN.intent_id]["status"] == "released"
    assert statuses[OPEN.intent_id]["release_amount"] == str(PRICE)
    await apply_limits(pool)
    unlimited = await get(running, "/live/risk-budget")
    assert (unlimited["budget_total"], unlimited["utilization_pct"]) == (None, None)


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        (Accounts(), ["beta", "fund"]),
        (Accounts(("*",), ("fu*",)), ["fund"]),
        (Accounts(("beta",)), ["beta"]),
        (Accounts(("alpha",)), []),
        (Accounts(("alpha", "beta")), ["beta", "fund"]),
        (Accounts(("al*", "b*"), ("fund",)), ["fund"]),
        (Accounts(("nobody",), ("f?nd",)), []),
        (Accounts(("bet_", "b%")), []),
    ],
    ids=["all", "portfolio", "beta", "alpha", "both", "patterns", "nobody", "SQL's patterns"],
)
async def test_a_portfolio_is_seen_by_keys_of_all_its_strategies(
    running: RunningGateway, pool: Pool, accounts: Accounts, expected: list[str]
) -> None:
    """Given a portfolio that two strategies trade for, then a key of one of them sees none of it;
    and one that nobody ever traded for is seen by keys for all strategies only. What events of a
    portfolio say of it leads to the same."""
    second = History(6, strategy_id="beta", portfolio_id="fund")
    await record(running, pool, BOUGHT.completed(), second.completed(), OTHER.completed())
    reader = PortfolioReader(pool, PEGGED)
    seen = Seen(like_patterns(accounts.portfolios), like_patterns(accounts.strategies))
    assert [one.portfolio_id for one in await reader.page("", 50, seen)] == expected
    held = await reader.positions(("", "", "", ""), 50, seen)
    assert [one.portfolio_id for _, one in held] == expected
    assert (await reader.one("fund", seen) is not None) == ("fund" in expected)
    await Teller(pool, PEGGED).tell_untold()
    rows = await pool.fetch("SELECT body FROM portfolio_outbox ORDER BY portfolio_id, sequence")
    whose = {(told := parse_event(row["body"]).payload).portfolio_id: told for row in rows}
    assert whose["fund"].strategies == ("alpha", "beta")
    assert [
        name for name, told in whose.items() if accounts.cover_whole(name, told.strategies)
    ] == expected
    async with pool.acquire() as connection:
        assert await strategies_of(connection, "none") == ()


async def test_a_key_sees_no_refusal_of_anothers_intent(settings: Settings, pool: Pool) -> None:
    """Given a strategy of which the first stage refused everything, so that nothing of it was ever
    decided for the portfolio, then a key of another strategy is not shown what it wanted."""
    asking = settings.model_copy(update={"gateway_auth": "on"})
    mine, everybody = owned_key(accounts=Accounts(strategies=("alpha",))), owned_key()
    store = KeyStore(pool)
    for one in (mine, everybody):
        await store.add(one.key)
    async with running_gateway(asking) as running:
        await record(running, pool, BOUGHT.completed(), REFUSED.events(REFUSED.rejected()))
        for key, refused in ((mine, []), (everybody, [REFUSED.intent_id])):
            response = await running.client.get("/portfolios/fund", auth=Signing(key))
            shown = response.json()
            assert [one["intent_id"] for one in shown["recent_fills"]] == [BOUGHT.intent_id]
            assert [one["intent_id"] for one in shown["recent_blocks"]] == refused


async def test_a_portfolio_is_flattened_once(running: RunningGateway, pool: Pool) -> None:
    """Given a request that is sent again, then it names the intents that it made the first time,
    which trade for whoever bought."""
    await record(running, pool, BOUGHT.completed())
    path, key = "/portfolios/fund/flatten", {"Idempotency-Key": "once"}
    first, again = [await running.client.post(path, json={}, headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 202), first.text
    (made,), (named,) = first.json()["intents"], again.json()["intents"]
    assert made["intent_id"] == named["intent_id"]
    assert (made["strategy_id"], made["is_repeated"], named["is_repeated"]) == (
        "alpha",
        False,
        True,
    )
    other = await running.client.post(path, json={"time_window": 60}, headers=key)
    assert other.json()["code"] == "IDEMPOTENCY_KEY_USED"
    rows = await pool.fetch("SELECT subject FROM ingress ORDER BY received_at")
    assert [row["subject"].split(".")[:2] for row in rows] == [
        ["portfolio", "close_requested"],
        ["intent", "submitted"],
    ]
    shown = await get(running, f"/intents/{made['intent_id']}")
    assert (shown["state"], shown["summary"]["intent_type"]) == ("submitted", "dispose")


async def cli(running: RunningGateway, *words: str) -> str:
    """Return what a command printed; the gateway answers meanwhile."""
    arguments = [*words, "--url", running.url]
    result = await asyncio.to_thread(CliRunner().invoke, portfolio, arguments)
    if isinstance(result.exception, TradewindError):
        raise result.exception
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


async def test_the_command_line_shows_and_sells(running: RunningGateway, pool: Pool) -> None:
    await apply_limits(pool, daily_budget_usd="10000")
    await record(running, pool, BOUGHT.completed(), REFUSED.events(REFUSED.rejected()))
    listed = await cli(running, "list")
    assert re.search(r"^fund +active +0\.00 +-3500\.00 +3500\.00", listed, re.MULTILINE), listed
    shown = await cli(running, "show", "fund")
    for text in ("WETH/USDC  1 ", "daily_budget_usd  10000", BOUGHT.intent_id, "NOTIONAL_LIMIT"):
        assert text in shown, shown
    document = json.loads(await cli(running, "show", "fund", "--json"))
    assert document["positions"][0]["qty"] == "1.000000000000000000"
    sold = await cli(running, "close", "fund", BOUGHT.key.instrument, "--key", "k")
    assert re.fullmatch(r"intent \w{26} sells 1\.0+ of ethereum-WETH-USDC for alpha\n", sold), sold
    again = await cli(running, "close", "fund", BOUGHT.key.instrument, "--key", "k")
    assert again == sold.replace("\n", ", as before\n")
    flattened = json.loads(await cli(running, "flatten", "fund", "--yes", "--json"))
    assert len(flattened["intents"]) == 1
    with pytest.raises(PlatformRefused, match="PORTFOLIO_NOT_FOUND"):
        await cli(running, "show", "nobody")


async def test_no_list_of_portfolios_scans_allocations(pool: Pool) -> None:
    """Given 50 portfolios of 2,000 allocations each: whose they are is found by the index."""
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(pool.acquire())
        await connection.execute(FILL)
        await connection.execute("VACUUM ANALYZE allocations, portfolios")
        for patterns in ((None, None), (["p%"], ["s%"])):
            query = f"EXPLAIN (ANALYZE, BUFFERS, TIMING off) {QUERIES['select_portfolios']}"
            rows = await connection.fetch(query, *patterns, "", None, 51)
            text = "\n".join(row[0] for row in rows)
            assert "Seq Scan on allocations" not in text, text


FILL = """
INSERT INTO portfolios (portfolio_id) SELECT 'p' || n FROM generate_series(1, 50) AS n;
INSERT INTO allocations (
    intent_id, portfolio_id, strategy_id, instrument, base_token, side, amount, status, is_approval,
    incarnation, book_version, day, decided_at, expires_at, notional_usd, budget_usd, claim_token,
    claim_amount, claim_usd
)
SELECT n, 'p' || n % 50 + 1, 's' || n % 3, 'i', 'b', 'acquire', 1,
    CASE WHEN n % 100 = 0 THEN 'claimed' ELSE 'used' END, true, 'x', 1, current_date, now(), now(),
    1, 1, 't', 1, 1
FROM generate_series(1, 100000) AS n
"""
