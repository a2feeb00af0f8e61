"""The coordinator alone, draining a backlog into PostgreSQL and Redis."""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
import nats
import uvloop

from loadtest.bench.backlog import declare, publish_all
from loadtest.bench.events import accepted_histories
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.run import Run
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.names import Role
from tradewind.embedded.child import Program, spawn
from tradewind.embedded.servers import Servers, start_servers
from tradewind.ledger.migrations import upgrade

NAME: Final = "coordinator"
_HISTORIES = 5_000
_SEED = 13
_POLL_SECONDS = 0.02
_DEADLINE_SECONDS = 60
_STORED = "SELECT last_global_seq FROM writer"


def run(run: Run) -> list[Finding]:
    """Return events per second between the first and the last commit, fsync on."""
    histories = itertools.islice(accepted_histories(_SEED), run.scaled(_HISTORIES))
    events = list(itertools.chain.from_iterable(histories))
    directory = run.subdirectory("drain")
    with start_servers(directory) as servers:
        upgrade(servers.postgres_dsn)
        run.say(f"{NAME}: storing a backlog of {len(events):,} events")
        uvloop.run(_fill(servers.nats_url, events))
        run.say(f"{NAME}: draining it")
        coordinator = _start_coordinator(servers, directory / "coordinator.log")
        try:
            rate = uvloop.run(_watch(servers.postgres_dsn, len(events)))
        finally:
            coordinator.terminate()
            coordinator.wait(timeout=15)
    what = "backlog drained, one process, fsync on"
    return [Finding(NAME, what, rate, "events/s", Budget(8_000, at_least=True))]


async def _fill(nats_url: str, events: Sequence[AnyEvent]) -> None:
    await declare(nats_url)
    async with await nats.connect(nats_url, name="bench-drain") as client:
        await publish_all(client, events)


def _start_coordinator(servers: Servers, log_path: Path) -> subprocess.Popen[bytes]:
    addresses = {
        "TRADEWIND_NATS_URL": servers.nats_url,
        "TRADEWIND_POSTGRES_DSN": servers.postgres_dsn,
        "TRADEWIND_REDIS_URL": servers.redis_url,
        "TRADEWIND_LOG_LEVEL": "WARNING",
    }
    command = (sys.executable, "-m", "actors", Role.COORDINATOR)
    return spawn(Program(command, log_path, environment=os.environ | addresses))


async def _watch(postgres_dsn: str, expected: int) -> float:
    """Return events per second from the first commit seen to the last."""
    connection = await asyncpg.connect(postgres_dsn)
    deadline = time.monotonic() + _DEADLINE_SECONDS
    first_at, first = 0.0, 0
    try:
        while time.monotonic() < deadline:
            stored = await connection.fetchval(_STORED) or 0
            now = time.monotonic()
            if stored and not first:
                first_at, first = now, stored
            if stored >= expected:
                return (stored - first) / (now - first_at)
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        await connection.close()
    raise BenchmarkFailed(f"{stored} of {expected} events after {_DEADLINE_SECONDS} s")
