"""The same result from a process that was killed in the middle of a slice, and from each router."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from actors.backtester.child_process import ChildProcess
from actors.backtester.recorded import digest_of
from actors.backtester.running import Backtester
from actors.slice_process.messages import Places
from tests.support.arrivals import arrive
from tests.support.backtests import kept_candles, request_of
from tests.support.histories import History
from tests.support.slow_strategy import NAME
from tests.support.waiting import wait_until
from tradewind.contracts.backtests.payloads import BacktestCompleted
from tradewind.ledger.append.writer import Ledger
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import clock
from tradewind.trading.backtests.reader import count_flows, read_flow_events
from tradewind.trading.backtests.records import WantedFlows
from tradewind.trading.backtests.store import BacktestStore

ROOT = Path(__file__).parents[3]
CROSS = {"name": "ema_cross", "params": {"fast": 5, "slow": 21}}
RUN_MS = 1_800_000


def command(*lines: str) -> Sequence[str]:
    code = "; ".join(("import sys", f"sys.path.insert(0, {str(ROOT)!r})", *lines))
    return sys.executable, "-c", code


SLOW = command("from tests.support.slow_strategy import main", "main()")
PYTHON_ROUTER = command(
    "sys.modules['tradewind_router'] = None",
    "from actors.slice_process.child import main",
    "main()",
)


@asynccontextmanager
async def backtester_of(pool: Pool, folder: Path, child: ChildProcess) -> AsyncIterator[Backtester]:
    places = Places(datasets=str(folder))
    try:
        yield Backtester(BacktestStore(pool), child.ask, places, RUN_MS, clock.now)
    finally:
        await child.close()


async def test_a_process_killed_in_the_middle_of_a_slice_changes_no_result(
    pool: Pool, tmp_path: Path
) -> None:
    """Given a kill while the strategy runs, then another process says the same."""
    begun, go = tmp_path / "begun", tmp_path / "go"
    strategy = {"name": NAME, "params": {"folder": str(tmp_path)}}
    manifest = kept_candles(tmp_path, 600, strategy).manifest
    child = ChildProcess(SLOW)
    async with backtester_of(pool, tmp_path, child) as backtester:
        go.mkdir()
        expected = await backtester.decide(request_of(manifest, 1))
        assert isinstance(expected, BacktestCompleted), expected
        begun.rmdir()
        go.rmdir()
        running = asyncio.create_task(backtester.decide(request_of(manifest, 2)))
        await wait_until(begun.exists, "the strategy runs")
        first = child.pid
        assert first is not None
        begun.rmdir()
        os.kill(first, signal.SIGKILL)
        await wait_until(begun.exists, "the strategy runs again")
        go.mkdir()
        completed = await running
        assert isinstance(completed, BacktestCompleted)
        assert completed.result_sha256 == expected.result_sha256
        assert completed.metrics.trades > 5
        assert child.pid != first


async def test_both_routers_give_one_result(pool: Pool, tmp_path: Path) -> None:
    pytest.importorskip("tradewind_router")
    manifest = kept_candles(tmp_path, 600, CROSS, execution={"price_moves": True}).manifest
    ends = []
    for number, child in enumerate((ChildProcess(), ChildProcess(PYTHON_ROUTER)), 1):
        async with backtester_of(pool, tmp_path, child) as backtester:
            ends.append(await backtester.decide(request_of(manifest, number)))
    assert all(isinstance(one, BacktestCompleted) for one in ends), ends
    assert len({one.result_sha256 for one in ends if isinstance(one, BacktestCompleted)}) == 1


async def test_recorded_flows_are_counted_as_they_are_read(pool: Pool, database_dsn: str) -> None:
    """The gateway's statement and the backtester's name the same flows by the same hash."""
    writing = await open_pool(database_dsn)
    one, other = History(1, strategy_id="alpha"), History(2, strategy_id="beta")
    await Ledger(writing).append(arrive([*one.completed(), *other.completed()]))
    await writing.close()
    first = one.completed()[0]
    instrument, moment = first.key.instrument, first.timestamp
    later = moment.replace(year=moment.year + 1)
    for strategy, count in ((None, 2), ("alpha", 1), ("gamma", 0)):
        wanted = WantedFlows(moment, later, [instrument], strategy, 10)
        events = await read_flow_events(pool, wanted)
        total = await count_flows(pool, wanted)
        assert total == (count, digest_of(events))
        assert {event.topic for event in events} >= ({"plan.created"} if count else set())
    assert (await count_flows(pool, wanted._replace(since=later))).flows == 0
