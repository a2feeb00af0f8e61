"""Backtesters as processes: killed at every step, and two that share fifty runs."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from actors.backtester import running
from tests.settings import Settings
from tests.support.backtests import kept_candles, request_of
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tradewind.contracts.backtests.payloads import BacktestCompleted, BacktestProgressed
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM, STRATEGIES_BUCKET
from tradewind.failpoints import VARIABLE as FAILPOINTS
from tradewind.postgres import Pool
from tradewind.runtime import NatsConnection, execution

CROSS = {"name": "ema_cross", "params": {"fast": 5, "slow": 21}}
PLACES = (*running.FAILPOINTS, execution.DECISION_KEPT, execution.DECISION_PUBLISHED)
RUNS = 50


@asynccontextmanager
async def processes(
    settings: Settings, datasets: Path, *failpoints: str
) -> AsyncIterator[list[Process]]:
    """Run a backtester for each of these; what still runs is stopped at the end."""
    environment = os.environ | {
        "TRADEWIND_NATS_URL": settings.nats_url,
        "TRADEWIND_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
        "TRADEWIND_DATASETS": str(datasets),
        "TRADEWIND_LOG_LEVEL": "ERROR",
    }
    command = (sys.executable, "-m", "actors", Role.BACKTESTER.value)
    started = [
        await asyncio.create_subprocess_exec(*command, env=environment | {FAILPOINTS: one})
        for one in failpoints
    ]
    try:
        yield started
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
        assert {await process.wait() for process in started} <= {0, -9}


async def publish(connection: NatsConnection, events: Sequence[AnyEvent]) -> None:
    for one in events:
        await connection.jetstream.publish(one.subject, one.to_bytes(), timeout=PATIENCE_SECONDS)


async def told(connection: NatsConnection) -> dict[str, set[bytes]]:
    """Return the bodies of every event of backtesters, by event id."""
    jetstream, found = connection.jetstream, defaultdict[str, set[bytes]](set)
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    for number in range(1, last + 1):
        body = (await jetstream.get_msg(EVENTS_STREAM, number)).data or b""
        event = parse_event(body)
        if event.producer == Role.BACKTESTER:
            found[event.event_id].add(body)
    return found


async def all_ended(pool: Pool, count: int) -> None:
    async def is_over() -> bool:
        found: int = await pool.fetchval("SELECT count(*) FROM backtest.results")
        return found == count

    await wait_until(is_over, f"{count} runs are over")


async def ends_told(connection: NatsConnection, count: int) -> list[BacktestCompleted]:
    """Return the ends of runs once all are told; each event has one body, however often told."""
    ends: list[BacktestCompleted] = []

    async def are_told() -> bool:
        bodies = await told(connection)
        assert all(len(one) == 1 for one in bodies.values())
        payloads = [parse_event(body).payload for one in bodies.values() for body in one]
        assert {type(one) for one in payloads} <= {BacktestCompleted, BacktestProgressed}
        ends[:] = [one for one in payloads if isinstance(one, BacktestCompleted)]
        return len(ends) == count

    await wait_until(are_told, f"{count} ends are told")
    return ends


async def test_a_backtester_killed_at_any_step_leaves_the_same_result(
    settings: Settings, connection: NatsConnection, pool: Pool, tmp_path: Path
) -> None:
    """Given a kill at each place, then every run has one end, and all have the same hash."""
    kept = kept_candles(tmp_path, 400, CROSS)
    await publish(connection, [request_of(kept.manifest, one) for one in range(1, 7)])
    async with processes(settings, tmp_path, *(f"{one}=kill" for one in PLACES)) as doomed:
        for process in doomed:
            assert await process.wait() == -9
        async with processes(settings, tmp_path, ""):
            await all_ended(pool, 6)
            ends = await ends_told(connection, 6)
    assert len({one.result_sha256 for one in ends}) == 1


async def test_two_backtesters_run_each_of_fifty_once(
    settings: Settings, connection: NatsConnection, pool: Pool, tmp_path: Path
) -> None:
    manifest = kept_candles(tmp_path, 300, CROSS, record="summary").manifest
    await publish(connection, [request_of(manifest, one) for one in range(1, RUNS + 1)])
    async with processes(settings, tmp_path, "", ""):
        await all_ended(pool, RUNS)
        ends = await ends_told(connection, RUNS)
        bucket = await connection.jetstream.key_value(STRATEGIES_BUCKET)
        assert {"buy_and_hold", "ema_cross"} <= set(await bucket.keys())
    assert len({one.run_id for one in ends}) == RUNS
    assert len({one.result_sha256 for one in ends}) == 1
