"""Positions are a strategy's, whatever portfolios it trades for."""

import json
from typing import Any

import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.ledger.history.group_key import GroupKey
from tradewind.readmodels.models.positions import POSITIONS
from tradewind.readmodels.rebuild.rebuild import Rebuild

FILLS = [StepFilled.topic]
TRADES = [
    ("alpha", None),
    ("alpha", "fund"),
    ("beta", "fund"),
    ("alpha", "beta"),
    ("beta", None),
    ("alpha", "alpha"),
    ("fund", None),
]
HISTORIES = [
    History(number, strategy_id=strategy_id, portfolio_id=portfolio_id)
    for number, (strategy_id, portfolio_id) in enumerate(TRADES, 1)
]
FILLED = {"alpha": 4, "beta": 2, "fund": 1}


async def fills_shown(harness: ReadModelHarness) -> dict[str, int]:
    """Return how many fills each document in Redis counts, by strategy."""
    found: dict[str, int] = {}
    for key in await harness.redis.keys("positions:*"):
        text = await harness.redis.get(key)
        document: Any = json.loads(text or b"")
        assert key == f"positions:{document['strategy_id']}".encode()
        found[document["strategy_id"]] = sum(one["fills"] for one in document["positions"])
    return found


@pytest.fixture
async def traded(harness: ReadModelHarness) -> ReadModelHarness:
    """Return a harness in which every trade was recorded event by event."""
    for history in HISTORIES:
        for event in history.completed():
            assert await harness.write([event])
    return harness


async def test_positions_are_kept_by_strategy(traded: ReadModelHarness) -> None:
    assert await fills_shown(traded) == FILLED


async def test_the_ledger_says_the_same(traded: ReadModelHarness) -> None:
    before = await traded.snapshot()
    assert (await Rebuild(traded.recorded, traded.redis).verify()).is_identical
    await traded.redis.flushall()
    await traded.new_projector().catch_up()
    assert await traded.snapshot() == before
    await traded.redis.flushall()
    read = {name: await traded.reader.read(POSITIONS, name) for name in [*FILLED, "nobody"]}
    shown = {name: one.positions[0].fills for name, one in read.items() if one is not None}
    assert shown == FILLED


async def test_a_projector_that_begins_in_the_middle_misses_no_fill(
    traded: ReadModelHarness,
) -> None:
    later = History(9, strategy_id="beta", portfolio_id="alpha")
    result = await traded.append(later.completed(fills=2))
    await traded.new_projector().project(
        result.position.incarnation, result.previous_global_seq, result.appended
    )
    assert await fills_shown(traded) == FILLED | {"beta": 4}
    assert (await Rebuild(traded.recorded, traded.redis).verify()).is_identical


async def test_a_portfolio_without_a_strategy_of_its_name_has_no_positions(
    harness: ReadModelHarness,
) -> None:
    await harness.write(History(1, strategy_id="alpha", portfolio_id="fund").completed())
    assert await harness.reader.read(POSITIONS, "fund") is None
    text = await harness.redis.get("positions:alpha")
    assert text is not None
    await harness.redis.set("positions:fund", text)
    assert (await Rebuild(harness.recorded, harness.redis).verify()).unknown.keys == [
        "positions:fund"
    ]
    await Rebuild(harness.recorded, harness.redis).repair()
    assert await fills_shown(harness) == {"alpha": 1}


async def test_the_ledger_is_read_by_strategy_or_by_portfolio(traded: ReadModelHarness) -> None:
    ledger = traded.recorded
    assert await ledger.group_keys(GroupKey.STRATEGY, FILLS) == ["alpha", "beta", "fund"]
    assert await ledger.group_keys(GroupKey.PORTFOLIO, FILLS) == ["alpha", "beta", "fund"]
    by_strategy = await ledger.group(GroupKey.STRATEGY, FILLS, "fund")
    by_portfolio = await ledger.group(GroupKey.PORTFOLIO, FILLS, "fund")
    assert [one.event.payload.strategy_id for one in by_strategy] == [None]
    assert [one.event.payload.strategy_id for one in by_portfolio] == ["alpha", "beta", None]


async def test_a_strategys_fills_are_found_by_an_index(traded: ReadModelHarness) -> None:
    async with traded.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        rows = await connection.fetch(
            "EXPLAIN SELECT global_seq FROM events WHERE topic = 'exec.step_filled' AND "
            f"{GroupKey.STRATEGY.expression} = $1 AND global_seq > 1 ORDER BY global_seq LIMIT 9",
            "alpha",
        )
    plan = "\n".join(row[0] for row in rows)
    assert "events_strategy_fills" in plan
    assert "Filter" not in plan
