"""Drains the backlogs of some coordinators at the same time, and takes the CPU of each process.

A writer has some sessions in PostgreSQL, each a process, and appends in one after the other, as all
lock the same row. So together they end at one core, as the coordinator does.
"""

import asyncio
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import asyncpg
import psutil

from loadtest.bench.findings import BenchmarkFailed
from loadtest.bench.processes import process_cpu_seconds
from loadtest.queries import QUERIES
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.redis import open_redis

COORDINATOR: Final = "coordinator"
SESSIONS: Final = "writer's sessions"
BROKER: Final = "broker"
POSTGRES: Final = "PostgreSQL"
REDIS: Final = "Redis"
SHARED: Final = frozenset({POSTGRES, REDIS})
"""Servers that all writers use."""
ONE_CORE: Final = frozenset({COORDINATOR, SESSIONS, REDIS})
"""What does its work in one thread; the other servers use as many cores as there are."""
_POLL_SECONDS: Final = 0.05
_DEADLINE_SECONDS: Final = 180
_STOP_SECONDS: Final = 15
_STORED: Final = "SELECT last_global_seq FROM writer"
_SELECT_SESSIONS: Final = QUERIES["sessions_of_database"]


class Drained(NamedTuple):
    """What one writer and its servers took for its part of a backlog.

    What a server that is shared took is divided among the writers by their events.
    """

    events: int
    cpu_us: Mapping[str, float]
    """Microseconds of CPU an event of this writer, by process; its sessions are in PostgreSQL's."""

    @property
    def all_us(self) -> float:
        """The CPU an event of all processes."""
        return sum(us for name, us in self.cpu_us.items() if name != SESSIONS)


class Reading(NamedTuple):
    """How many events are recorded, and the CPU seconds of every process until now."""

    events: int
    cpu_seconds: Mapping[str, float]
    sessions: Mapping[int, float]


class Shard(NamedTuple):
    """A coordinator that drains a backlog of `expected` events."""

    postgres_dsn: str
    redis_url: str
    writer: subprocess.Popen[bytes]
    server_pids: Mapping[str, int]
    expected: int

    @staticmethod
    async def empty(redis_url: str) -> None:
        """Delete all read models at an address."""
        async with open_redis(redis_url) as redis:
            await redis.flushdb()

    def stop(self) -> None:
        """End the coordinator."""
        self.writer.terminate()
        self.writer.wait(timeout=_STOP_SECONDS)


async def drain(shards: Sequence[Shard]) -> list[Drained]:
    """Watch all shards until the read models have everything, and return what each took."""
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(_watch(shard)) for shard in shards]
    readings = [task.result() for task in watching]
    events = [after.events - before.events for before, after in readings]
    shared = {
        name: max(after.cpu_seconds[name] for _, after in readings)
        - min(before.cpu_seconds[name] for before, _ in readings)
        for name in SHARED
    }
    drained = []
    for count, (before, after) in zip(events, readings, strict=True):
        used = {
            name: seconds - before.cpu_seconds[name]
            for name, seconds in after.cpu_seconds.items()
            if name not in SHARED
        }
        used[SESSIONS] = sum(
            seconds - before.sessions.get(pid, 0.0) for pid, seconds in after.sessions.items()
        )
        cpu_us = {name: seconds / count * 1e6 for name, seconds in used.items()}
        cpu_us |= {name: seconds / sum(events) * 1e6 for name, seconds in shared.items()}
        drained.append(Drained(count, cpu_us))
    return drained


async def _watch(shard: Shard) -> tuple[Reading, Reading]:
    """Return a reading at the first commit that was seen, and one when everything is shown."""
    connection = await asyncpg.connect(shard.postgres_dsn)
    deadline = time.monotonic() + _DEADLINE_SECONDS
    first: Reading | None = None
    try:
        async with open_redis(shard.redis_url) as redis:
            store = DocumentStore(redis)
            while time.monotonic() < deadline:
                stored = await connection.fetchval(_STORED) or 0
                if stored and first is None:
                    first = await _read(shard, connection, stored)
                if first and stored >= shard.expected and await _shown(store) >= shard.expected:
                    return first, await _read(shard, connection, stored)
                await asyncio.sleep(_POLL_SECONDS)
    finally:
        await connection.close()
    raise BenchmarkFailed(f"{stored} of {shard.expected} events after {_DEADLINE_SECONDS} s")


async def _shown(store: DocumentStore) -> int:
    mark = await store.mark()
    return mark.version if mark else 0


async def _read(shard: Shard, connection: Any, stored: int) -> Reading:
    cpu = {name: process_cpu_seconds(pid) for name, pid in shard.server_pids.items()}
    cpu[COORDINATOR] = process_cpu_seconds(shard.writer.pid)
    sessions = {}
    for (pid,) in await connection.fetch(_SELECT_SESSIONS):
        with suppress(psutil.NoSuchProcess):
            sessions[pid] = process_cpu_seconds(pid)
    return Reading(stored, cpu, sessions)
