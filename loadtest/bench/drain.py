"""Measures the coordinator alone while it drains a backlog into PostgreSQL and Redis."""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import asyncpg
import nats
import uvloop

from loadtest.bench.backlog import declare, publish_all
from loadtest.bench.events import accepted_histories
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.processes import peak_mebibytes, process_cpu_seconds
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from tradewind.contracts.roles import Role
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.servers import start_servers
from tradewind.operations.processes.child import Program, spawn

NAME: Final = "coordinator"
_EVENTS = 100_000
_SEED = 13
_POLL_SECONDS = 0.02
_DEADLINE_SECONDS = 120
_MAX_MEBIBYTES = 400
"""The caches of open histories and positions, and the batches in flight, fit in this."""
_STORED = "SELECT last_global_seq FROM writer"


class Addressed(Protocol):
    """Servers with addresses."""

    @property
    def nats_url(self) -> str: ...
    @property
    def postgres_dsn(self) -> str: ...
    @property
    def redis_url(self) -> str: ...


class Drained(NamedTuple):
    """What the coordinator took for the backlog."""

    per_second: float
    cpu_us: float
    """CPU time of its process an event."""


def run(run: Run) -> list[Finding]:
    """Return time and CPU an event from the first commit to the last, fsync on; peak memory."""
    count = run.scaled(_EVENTS)
    directory = run.subdirectory("drain")
    with start_servers(directory) as servers:
        upgrade(servers.postgres_dsn)
        run.say(f"{NAME}: storing a backlog of {count:,} events")
        uvloop.run(_fill(servers.nats_url, count))
        run.say(f"{NAME}: draining it")
        coordinator = start_coordinator(servers, directory / "coordinator.log")
        try:
            drained = uvloop.run(_watch(servers.postgres_dsn, count, coordinator.pid))
            peak = peak_mebibytes(coordinator.pid)
        finally:
            coordinator.terminate()
            coordinator.wait(timeout=15)
    what = f"backlog of {count:,} drained, one process, fsync on"
    note = f"load average {os.getloadavg()[0]:.1f}"
    return [
        Finding(NAME, what, drained.per_second, "events/s", note=note),
        Finding(NAME, "its time an event", 1e6 / drained.per_second, "µs", per=Reference.MESSAGE),
        Finding(NAME, "its CPU an event", drained.cpu_us, "µs", Budget(0.8), per=Reference.MESSAGE),
        Finding(NAME, "peak memory while draining it", peak, "MiB", Budget(_MAX_MEBIBYTES)),
    ]


async def _fill(nats_url: str, count: int) -> None:
    await declare(nats_url)
    events = itertools.chain.from_iterable(accepted_histories(_SEED))
    async with await nats.connect(nats_url, name="bench-drain") as client:
        await publish_all(client, itertools.islice(events, count))


def start_coordinator(servers: Addressed, log_path: Path) -> subprocess.Popen[bytes]:
    """Start a coordinator on these servers."""
    addresses = {
        "TRADEWIND_NATS_URL": servers.nats_url,
        "TRADEWIND_POSTGRES_DSN": servers.postgres_dsn,
        "TRADEWIND_REDIS_URL": servers.redis_url,
        "TRADEWIND_LOG_LEVEL": "WARNING",
    }
    command = (sys.executable, "-m", "actors", Role.COORDINATOR)
    return spawn(Program(command, log_path, environment=os.environ | addresses))


async def _watch(postgres_dsn: str, expected: int, pid: int) -> Drained:
    """Return what draining took from the first commit seen to the last."""
    connection = await asyncpg.connect(postgres_dsn)
    deadline = time.monotonic() + _DEADLINE_SECONDS
    first_at, first, cpu = 0.0, 0, 0.0
    try:
        while time.monotonic() < deadline:
            stored = await connection.fetchval(_STORED) or 0
            now = time.monotonic()
            if stored and not first:
                first_at, first, cpu = now, stored, process_cpu_seconds(pid)
            if stored >= expected:
                count, cpu = stored - first, process_cpu_seconds(pid) - cpu
                return Drained(count / (now - first_at), cpu / count * 1e6)
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        await connection.close()
    raise BenchmarkFailed(f"{stored} of {expected} events after {_DEADLINE_SECONDS} s")
