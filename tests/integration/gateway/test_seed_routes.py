"""Every route of the operations API answers with what the stores have, on one small platform."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.book.harness import apply_limits
from tests.integration.gateway.support import RunningGateway
from tests.integration.timeline.support import follow, record, settle
from tests.settings import Settings
from tests.support.histories import USDC, History
from tests.support.signal_histories import submitted_signal
from tests.support.ticks import make_tick
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import clock
from tradewind.trading.accounting.keys import token_key
from tradewind.trading.ticks.candles import begin_of
from tradewind.trading.ticks.store import ReceivedTick, TickStore

BOUGHT = History(1, strategy_id="alpha", portfolio_id="fund")
REFUSED = History(2, strategy_id="alpha", portfolio_id="fund")
OPEN = History(3, strategy_id="beta", portfolio_id="fund")
SIGNAL = submitted_signal(strategy_id="alpha", portfolio_id="fund")
STRATEGIES = ("alpha", "beta")
CALL = """
INSERT INTO evaluations (signal_id, model, attempt, place, role, vendor, prompt_version,
    prompt_sha256, claimed_at, claimed_by, deadline)
VALUES ($1, 'baseline', 1, 0, 'voting', 'baseline', 'core@1', $2, now(), 'w', now())
"""
WINDOW = "1000d"
"""The histories are of some day; a window is of times of recording, which are of today."""


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    """Return connections around the gateway."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=4)
    yield pool
    pool.terminate()


async def items(running: RunningGateway, path: str, **query: Any) -> Any:
    """Return the items of a page, or the document, that a route answers."""
    response = await running.client.get(path, params=query)
    assert response.status_code == 200, (path, response.text)
    document = response.json()
    return document.get("items", document)


async def fill_stores(pool: Pool) -> None:
    """Record what roles publish about trades and a signal, and settle it; keep ticks and a call."""
    await apply_limits(pool, max_open_intents=9, daily_budget_usd="10000")
    refused = REFUSED.events(REFUSED.screened(), REFUSED.rejected())
    events = [*BOUGHT.completed(), *refused, *OPEN.events(*OPEN.until_planned()), *SIGNAL]
    await record(pool, events)
    await settle(pool, frozenset({token_key(USDC)}))
    await follow(pool)
    store, now = TickStore(pool, "test"), begin_of(clock.now(), 3_600)
    assert await store.take_turn()
    await store.prepare(timedelta(days=7))
    ticks = [ReceivedTick(make_tick(now - timedelta(minutes=90 - one)), one) for one in range(1, 9)]
    await store.record(ticks, {one.minute for one in ticks}, now)
    signal_id = SIGNAL[0].payload.signal_id
    await pool.execute("INSERT INTO evaluated_signals VALUES ($1, now())", signal_id)
    await pool.execute(CALL, signal_id, bytes(32))


async def test_live_routes_answer_with_what_was_traded(running: RunningGateway, pool: Pool) -> None:
    await fill_stores(pool)
    (position,) = await items(running, "/live/positions")
    assert position["strategy_id"] in STRATEGIES
    for name in STRATEGIES:
        found = await items(running, "/live/positions", strategy_id=name)
        assert found == [position] * (name == position["strategy_id"])
    then = await items(running, "/live/positions", as_of=len(BOUGHT.completed()))
    assert [one["qty"] for one in then] == [position["qty"]]
    portfolio = await items(running, "/live/portfolio")
    assert portfolio["cash"] == {"USDC": "-3500.000000"}
    assert portfolio["as_of_sequence"] > 0
    (fill,) = await items(running, "/live/fills", symbol="WETH/USDC", strategy_id="alpha")
    assert (fill["side"], fill["qty"], fill["cost"]) == (
        "acquire",
        "1.000000000000000000",
        "3500.000000",
    )
    (block,) = await items(running, "/live/blocks", reason="NOTIONAL_LIMIT", run_id="live")
    assert (block["run_id"], block["trigger_id"]) == ("live", REFUSED.intent_id)
    (reason,) = (await items(running, "/live/block-reasons", window=WINDOW))["reasons"]
    assert (reason["share"], reason["example"]) == ("1.0000", REFUSED.correlation_id)
    budget = await items(running, "/live/risk-budget", strategy_id="beta")
    assert budget["resets_at"] > budget["date"]


async def test_other_routes_answer_with_what_the_stores_have(
    running: RunningGateway, pool: Pool
) -> None:
    await fill_stores(pool)
    (last,) = await items(running, "/market/ticks", symbol="WETH/USDC", limit=1)
    assert last["price"] == "3000"
    candles = await items(running, "/market/candles", symbol="WETH/USDC", interval="1m")
    assert len(candles["candles"] if isinstance(candles, dict) else candles) == 8
    assert "WETH/USDC" in {one["symbol"] for one in await items(running, "/market/symbols")}
    (event,) = await items(running, "/agents/events", type="exec.step_filled", run_id="live")
    assert event["event"]["correlationId"] == BOUGHT.correlation_id
    graph = await items(running, f"/agents/events/correlation/{BOUGHT.intent_id}")
    assert {"risk.approved", "exec.step_filled"} <= {one["topic"] for one in graph["nodes"]}
    workflows = await items(running, "/agents/workflows")
    assert {"risk", "planner"} <= {one["role"] for one in workflows}
    summary = await items(running, f"/as-of/{event['global_seq']}")
    assert summary["portfolio"]["position_count"] == 1
    asked = {"correlation_id": SIGNAL[0].correlation_id, "prompt_version": "core@1"}
    (call,) = await items(running, "/agents/llm/telemetry", **asked, since="2026-01-01T00:00:00Z")
    assert call["model"] == "baseline"
    assert await items(running, "/agents/llm/telemetry", prompt_version="core@2") == []
    (usage,) = await items(running, "/agents/llm/summary")
    assert usage["calls"] == 1
    for path in ("/wallets", "/wallets/reconcile/history", "/backtests"):
        assert await items(running, path) == []
