"""Opens what the backtester works with: its rows, its process, and the removal of old results."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actors.backtester.announcing import Announcer
from actors.backtester.child_process import ChildProcess
from actors.backtester.metrics import KEPT_BYTES, REAPED
from actors.backtester.running import Backtester
from actors.backtester.settings import BacktesterSettings
from actors.backtester.sweeping import SweepRunner
from actors.slice_process.messages import Places
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, clock
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import Work, repeated
from tradewind.trading.backtests.store import BacktestStore

BACKTESTER_ROLE: Final = "tradewind_backtester"
"""The group role at PostgreSQL that its statements are made as."""
MAX_CONNECTIONS: Final = 4
REAP_SECONDS: Final = 60.0
ANNOUNCE_SECONDS: Final = 20.0
RUNS_REAPED: Final = 100
"""At a time."""


@dataclass(frozen=True, slots=True)
class BacktesterPorts:
    """What the actors work with."""

    backtester: Backtester
    sweeper: SweepRunner
    now: Callable[[], datetime]


@asynccontextmanager
async def open_ports(
    settings: BacktesterSettings, connection: NatsConnection
) -> AsyncIterator[BacktesterPorts]:
    """Open the rows and the processes while the role runs."""
    pool = await open_pool(
        settings.postgres_dsn.get_secret_value(),
        max_size=MAX_CONNECTIONS,
        role=BACKTESTER_ROLE,
        writes=True,
    )
    store, child = BacktestStore(pool), ChildProcess()
    tokens_file = settings.tokens_file
    places = Places(
        datasets=str(settings.datasets.resolve()),
        tokens_file=None if tokens_file is None else str(tokens_file.resolve()),
    )
    max_run_ms = settings.backtest_run_seconds * 1_000
    backtester = Backtester(store, child.ask, places, max_run_ms, clock.now)
    sweeper = SweepRunner(store, child.ask, places, clock.now)
    try:
        async with (
            repeated(REAP_SECONDS, reaping(store, settings), Outage("reaping")),
            repeated(ANNOUNCE_SECONDS, Announcer(connection).announce, Outage("announcing")),
        ):
            yield BacktesterPorts(backtester, sweeper, clock.now)
    finally:
        await child.close()
        pool.terminate()


def reaping(store: BacktestStore, settings: BacktesterSettings) -> Work:
    """Return what removes old results."""

    async def reap() -> None:
        before = clock.now() - timedelta(days=settings.backtest_keep_days)
        REAPED.inc(await store.reap(before, settings.backtest_keep_bytes, RUNS_REAPED))
        KEPT_BYTES.set(await store.kept_bytes())

    return reap
