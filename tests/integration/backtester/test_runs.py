"""Runs, slice by slice: their results, their cancellation, and what a backtester may not do."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from actors.backtester.child_process import ChildProcess
from actors.backtester.running import Backtester
from tests.support.backtests import kept_candles, request_of
from tests.support.waiting import wait_until
from tradewind.contracts.backtests.payloads import (
    BacktestCancelled,
    BacktestCompleted,
    BacktestFailed,
    BacktestFailure,
    BacktestProgressed,
)
from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.contracts.payload import Payload
from tradewind.postgres import Pool
from tradewind.runtime import clock
from tradewind.trading.backtests import reader

CROSS = {"name": "ema_cross", "params": {"fast": 5, "slow": 21}}
HOLD = {"name": "buy_and_hold"}
TWO_SLICES = 250_001


def after(cause: AnyEvent, payload: Payload) -> AnyEvent:
    return next_events(cause, [payload], producer="backtester", at=clock.now())[0]


async def test_a_run_of_one_slice_leaves_trades_curve_and_result(
    backtester: Backtester, pool: Pool, tmp_path: Path
) -> None:
    kept = kept_candles(tmp_path, 600, CROSS)
    request = request_of(kept.manifest, 1)
    completed = await backtester.decide(request)
    assert isinstance(completed, BacktestCompleted), completed
    assert completed.bars_processed == 600
    assert await backtester.decide(request) == completed, "nothing is run a second time"
    run_id = request.payload.run_id
    trades = await reader.read_trades(pool, run_id, limit=500)
    assert len(trades) == completed.metrics.trades > 0
    assert await reader.read_trades(pool, run_id, cursor=trades[1].number, limit=1) == [trades[2]]
    assert len(await reader.read_equity(pool, run_id)) == 1
    assert await reader.find_same_run(pool, request.payload.manifest_sha256) == run_id
    again = request_of(kept.manifest, 2)
    repeated = await backtester.decide(again)
    assert isinstance(repeated, BacktestCompleted)
    assert repeated.result_sha256 == completed.result_sha256


async def test_a_run_is_cancelled_between_its_slices(
    backtester: Backtester, pool: Pool, tmp_path: Path
) -> None:
    """Given two slices and a cancellation after the first, then the second is never begun."""
    request = request_of(kept_candles(tmp_path, TWO_SLICES, HOLD).manifest, 1)
    progressed = await backtester.decide(request)
    assert isinstance(progressed, BacktestProgressed), progressed
    assert progressed.bars_processed == 250_000
    run_id = request.payload.run_id
    uncancelled = after(request, progressed)
    await reader.request_cancel(pool, [run_id], "somebody")
    cancelled = await backtester.decide(uncancelled)
    assert cancelled == BacktestCancelled(run_id=run_id, requested_by="somebody")
    assert await pool.fetchval("SELECT count(*) FROM backtest.slices") == 1
    assert await backtester.decide(uncancelled) == cancelled


async def test_a_process_that_somebody_kills_is_asked_again(
    backtester: Backtester, child: ChildProcess, tmp_path: Path
) -> None:
    kept = kept_candles(tmp_path, TWO_SLICES, HOLD)
    expected = await finished(backtester, request_of(kept.manifest, 1))
    running = asyncio.create_task(finished(backtester, request_of(kept.manifest, 2)))
    first = child.pid
    assert first is not None
    await asyncio.sleep(0)
    os.kill(first, signal.SIGKILL)
    assert (await running).result_sha256 == expected.result_sha256
    assert child.pid != first


async def test_data_that_changed_is_not_run_on(backtester: Backtester, tmp_path: Path) -> None:
    kept = kept_candles(tmp_path, 600, CROSS)
    manifest = kept.manifest.model_copy(update={"dataset_sha256": "0" * 64})
    failed = await backtester.decide(request_of(manifest, 1))
    assert isinstance(failed, BacktestFailed)
    assert failed.reason is BacktestFailure.DATA_CHANGED
    for file in tmp_path.glob("*.parquet"):  # noqa: ASYNC240
        file.unlink()
    failed = await backtester.decide(request_of(kept.manifest, 2))
    assert isinstance(failed, BacktestFailed)
    assert failed.reason is BacktestFailure.DATA_MISSING


async def test_a_backtester_can_change_nothing_that_is_real(pool: Pool) -> None:
    tables = ("events", "event_index", "correlation_head", "transactions", "keys", "portfolios")
    existing = await pool.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY($1)",
        list(tables),
    )
    assert len(existing) >= 4
    for row in existing:
        for statement in ("DELETE FROM {}", "SELECT * FROM {}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(statement.format(row["tablename"]))
    for table in ("trades", "slices", "results", "equity"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(f"DELETE FROM backtest.{table}")


async def test_old_results_are_removed_and_remembered(
    backtester: Backtester, pool: Pool, tmp_path: Path
) -> None:
    kept = kept_candles(tmp_path, 600, CROSS)
    old, new = request_of(kept.manifest, 1), request_of(kept.manifest, 2)
    for request in (old, new):
        await finished(backtester, request)
    total = await backtester.store.kept_bytes()
    assert await backtester.store.reap(clock.now().replace(year=2000), total - 1, 10) == 1
    assert await reader.is_expired(pool, old.payload.run_id)
    assert await reader.find_end(pool, old.payload.run_id) is None
    assert await reader.find_end(pool, new.payload.run_id) is not None


async def finished(backtester: Backtester, event: AnyEvent) -> BacktestCompleted:
    """Decide about event after event, until the run has its result."""
    found: list[BacktestCompleted] = []
    current = event

    async def is_over() -> bool:
        nonlocal current
        payload = await backtester.decide(current)
        current = after(current, payload)
        if isinstance(payload, BacktestCompleted):
            found.append(payload)
        return not isinstance(payload, BacktestProgressed)

    await wait_until(is_over, "the run ends")
    return found[0]
