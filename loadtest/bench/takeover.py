"""Measures how long the ledger has no writer after its coordinator was killed."""

import asyncio
import itertools
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import nats
import psutil
import uvloop
from nats.aio.client import Client

from loadtest.bench.backlog import declare, publish
from loadtest.bench.drain import start_coordinator
from loadtest.bench.events import accepted_histories
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.run import Run
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.append.lease import DEFAULT_LEASE_SECONDS
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.servers import Servers, start_servers

NAME: Final = "takeover"
_ROUNDS = 5
_SEED = 17
_BUDGET_SECONDS = DEFAULT_LEASE_SECONDS + 2
_DEADLINE_SECONDS = 60
_POLL_SECONDS = 0.01
_HOLDER = "SELECT holder FROM writer WHERE lease_until > clock_timestamp()"
_STORED = "SELECT last_global_seq FROM writer"


def run(run: Run) -> list[Finding]:
    """Return the longest and shortest time from kill -9 to the next event recorded."""
    directory = run.subdirectory("takeover")
    with start_servers(directory) as servers:
        upgrade(servers.postgres_dsn)
        crew = Crew(servers, directory)
        try:
            seconds = uvloop.run(_measure(servers, crew, 1 if run.quick else _ROUNDS))
        finally:
            crew.end()
    what = f"kill -9 of the writer to the next event recorded, worst of {len(seconds)}"
    note = f"lease {DEFAULT_LEASE_SECONDS} s; best {min(seconds):.1f} s"
    return [Finding(NAME, what, max(seconds), "s", Budget(_BUDGET_SECONDS), note)]


class Crew:
    """Two coordinators, one of which writes."""

    def __init__(self, servers: Servers, directory: Path) -> None:
        self._servers = servers
        self._directory = directory
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def fill(self) -> None:
        """Start coordinators until there are two."""
        while len(self._processes) < 2:
            process = start_coordinator(self._servers, self._directory / "coordinator.log")
            self._processes[process.pid] = process

    async def stand_by(self) -> None:
        """Wait until both have asked the database for the lease."""
        port = urlsplit(self._servers.postgres_dsn).port
        async with asyncio.timeout(_DEADLINE_SECONDS):
            while True:
                if all(_is_connected(pid, port) for pid in self._processes):
                    return
                await asyncio.sleep(_POLL_SECONDS)

    def kill(self, pid: int) -> None:
        """Kill one with SIGKILL."""
        process = self._processes.pop(pid)
        process.kill()
        process.wait()

    def end(self) -> None:
        """Stop both coordinators."""
        for pid in list(self._processes):
            self.kill(pid)


async def _measure(servers: Servers, crew: Crew, rounds: int) -> list[float]:
    await declare(servers.nats_url)
    events = itertools.chain.from_iterable(accepted_histories(_SEED))
    database = await asyncpg.connect(servers.postgres_dsn)
    seconds = []
    try:
        async with await nats.connect(servers.nats_url, name="bench-takeover") as client:
            for _ in range(rounds):
                crew.fill()
                await _record(client, database, events)
                holder: str = await database.fetchval(_HOLDER)
                await crew.stand_by()
                crew.kill(int(holder.rpartition(":")[2]))
                started_at = time.monotonic()
                await _record(client, database, events)
                seconds.append(time.monotonic() - started_at)
    finally:
        await database.close()
    return seconds


async def _record(client: Client, database: Any, events: Iterator[AnyEvent]) -> None:
    """Publish the next event and wait until it is recorded."""
    expected = (await database.fetchval(_STORED)) + 1
    await publish(client, next(events))
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while await database.fetchval(_STORED) < expected:
        if time.monotonic() > deadline:
            raise BenchmarkFailed(f"nothing recorded for {_DEADLINE_SECONDS} s")
        await asyncio.sleep(_POLL_SECONDS)


def _is_connected(pid: int, port: int | None) -> bool:
    connections = psutil.Process(pid).net_connections("tcp")
    return any(one.raddr and one.raddr.port == port for one in connections)
