"""A backtester's rows on a fresh database, and a process for its slices."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.backtester.child_process import ChildProcess
from actors.backtester.running import Backtester
from actors.slice_process.messages import Places
from tests.settings import Settings
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import NatsConnection, clock, connect, declare_streams
from tradewind.trading.backtests.store import BacktestStore

RUN_MS = 1_800_000


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return a pool with the rights of a backtester."""
    pool = await open_pool(database_dsn, role="tradewind_backtester")
    yield pool
    await pool.close()


@pytest.fixture
async def child() -> AsyncIterator[ChildProcess]:
    """Return a process of slices, with the product's own engine."""
    child = ChildProcess()
    yield child
    await child.close()


@pytest.fixture
def backtester(pool: Pool, child: ChildProcess, tmp_path: Path) -> Backtester:
    """Return what the actor works with; datasets are in `tmp_path`."""
    places = Places(datasets=str(tmp_path))
    return Backtester(BacktestStore(pool), child.ask, places, RUN_MS, clock.now)


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[NatsConnection]:
    """Return a connection to a broker with empty streams."""
    async with await connect(settings.nats_url, name="tests") as opened:
        await declare_streams(opened)
        yield opened
