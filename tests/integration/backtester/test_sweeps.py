"""Sweeps ask for their runs once, and judge all of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.backtester.child_process import ChildProcess
from actors.backtester.running import Backtester
from actors.backtester.sweeping import SweepRunner
from tests.support.backtests import STARTED, kept_candles
from tradewind.contracts.backtests.payloads import BacktestProgressed, BacktestRequested
from tradewind.contracts.backtests.sweeps import (
    SweepCompleted,
    SweepOutcome,
    SweepRequested,
    SweepTable,
    WalkForward,
)
from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.subjects import EventKey
from tradewind.errors import NotYet
from tradewind.postgres import Pool
from tradewind.runtime import clock
from tradewind.trading.backtests import reader

CROSS = {"name": "ema_cross", "params": {"fast": 5, "slow": 21}}
GRID = {"fast": (3, 5), "slow": (13, 21)}
HOUR_MS = 3_600_000
DAYS = 60

type Ask = Callable[..., AnyEvent]


@pytest.fixture
def sweeper(backtester: Backtester, child: ChildProcess) -> SweepRunner:
    return SweepRunner(backtester.store, child.ask, backtester.places, clock.now)


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Return what makes the event that asks for a sweep over sixty days of hours."""
    kept = kept_candles(tmp_path, 24 * DAYS, CROSS, interval_ms=HOUR_MS)

    def asked(**fields: Any) -> AnyEvent:
        sweep_id = make_ulid(int(STARTED.timestamp() * 1_000), bytes(10))
        request = SweepRequested(sweep_id=sweep_id, manifest=kept.manifest, **fields)
        return first_event(
            request,
            correlation_id=make_correlation_id(CorrelationKind.SWEEP, sweep_id),
            key=EventKey(),
            producer="gateway",
            at=STARTED,
        )

    return asked


async def carry_out(
    sweeper: SweepRunner, backtester: Backtester, event: AnyEvent
) -> tuple[SweepCompleted, list[str]]:
    """Advance a sweep to its end, and run its runs when it waits; return the end and their ids."""
    waiting: list[AnyEvent] = []
    asked: list[str] = []
    current = event
    while True:
        try:
            *runs, current = await sweeper.advance(current)
        except NotYet:
            assert waiting, "it waits for nothing"
            while waiting:
                cause = waiting.pop()
                payload = await backtester.decide(cause)
                if isinstance(payload, BacktestProgressed):
                    waiting += next_events(cause, [payload], producer="test", at=STARTED)
            continue
        for run in runs:
            assert isinstance(run.payload, BacktestRequested)
            asked.append(run.payload.run_id)
        waiting += runs
        if isinstance(current.payload, SweepCompleted):
            return current.payload, asked


async def table_of(pool: Pool, completed: SweepCompleted) -> SweepTable:
    document = await reader.find_sweep(pool, completed.sweep_id)
    assert document is not None
    return SweepTable.model_validate_json(document)


async def test_a_sweep_tries_everything_once_and_says_how_much_is_luck(
    sweeper: SweepRunner, backtester: Backtester, pool: Pool, ask: Ask
) -> None:
    event = ask(grid=GRID)
    completed, asked = await carry_out(sweeper, backtester, event)
    assert completed.outcome is SweepOutcome.COMPLETED
    assert len(set(asked)) == len(asked) == completed.trials == 4
    assert completed.deflated_sharpe is not None
    assert 0 <= completed.deflated_sharpe <= 1
    assert completed.overfitting_probability is not None
    assert 0 <= completed.overfitting_probability <= 1
    table = await table_of(pool, completed)
    assert {tuple(one.params.items()) for one in table.trials} == {
        (("fast", fast), ("slow", slow)) for fast in GRID["fast"] for slow in GRID["slow"]
    }
    best = max(table.trials, key=lambda one: one.sharpe or 0)
    assert completed.best_run_id == best.run_id
    assert await pool.fetchval("SELECT count(*) FROM backtest.trades") == 0, "a summary each"
    again, _ = await carry_out(sweeper, backtester, event)
    assert again == completed


async def test_a_walk_forward_joins_test_windows_only(
    sweeper: SweepRunner, backtester: Backtester, pool: Pool, ask: Ask
) -> None:
    """Given 60 days, 40 to train and 10 to test, then there are two windows."""
    event = ask(grid=GRID, walk_forward=WalkForward(train_days=40, test_days=10))
    completed, asked = await carry_out(sweeper, backtester, event)
    assert completed.trials == len(set(asked)) == 2 * 4 + 2
    assert completed.out_of_sample_return is not None
    table = await table_of(pool, completed)
    tests = [one for one in table.trials if one.stage == "tests"]
    assert [(one.to - one.from_).days for one in tests] == [10, 10]
    assert tests[0].to == tests[1].from_
    for test in tests:
        window = [one for one in table.trials[:8] if one.window == test.window]
        chosen = max(window, key=lambda one: one.sharpe or 0)
        assert chosen.params == test.params
        assert chosen.to == test.from_, "nothing of the test days was known"


async def test_a_cancelled_sweep_cancels_its_runs(
    sweeper: SweepRunner, backtester: Backtester, pool: Pool, ask: Ask
) -> None:
    event = ask(grid=GRID)
    *runs, progressed = await sweeper.advance(event)
    await reader.request_cancel(pool, [event.payload.sweep_id], "somebody")
    (ended,) = await sweeper.advance(progressed)
    assert ended.payload.outcome is SweepOutcome.CANCELLED
    for run in runs:
        assert (await backtester.decide(run)).topic == "backtest.cancelled"


async def test_a_sweep_that_is_too_large_says_so(sweeper: SweepRunner, ask: Ask) -> None:
    event = ask(grid={"fast": tuple(range(1, 40)), "slow": tuple(range(40, 80))})
    (ended,) = await sweeper.advance(event)
    assert ended.payload.outcome is SweepOutcome.FAILED
    assert ended.payload.detail == "grid: more than 1000 combinations"
