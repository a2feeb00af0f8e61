"""Faults of servers: kills, stops, lost stores and full streams."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import asyncpg
from redis.exceptions import RedisError

from tests.chaos.administrator import COMMAND_SECONDS, broker
from tests.chaos.harness import PlatformHarness, declare
from tests.support.waiting import wait_until
from tradewind.contracts.roles import ServerName
from tradewind.operations.embedded.postgres_server import PostgresServer

MAX_AWAY_SECONDS: Final = 2.0
MIN_FULL_SECONDS: Final = 0.5
MIN_BACKLOG_SECONDS: Final = 0.5
MAX_BACKLOG_SECONDS: Final = 2.0
MAX_FULL_SECONDS: Final = 3.0
MIN_REFUSED_SECONDS: Final = 0.5
MAX_REFUSED_SECONDS: Final = 5.0
LOCKED_TABLES: Final = (
    *("ingress", "events", "event_index", "correlation_head", "steps", "slots"),
    *("portfolios", "allocations", "book_cursor", "entries", "trading_gate", "trading_states"),
)
VENUES: Final = ("venue:simulated", "venue:uniswap_v3")
FORGOTTEN_SECONDS: Final = (1.0, 3.0)
"""How much of the load is committed between a backup and its restore."""
IN_FLIGHT: Final = """
SELECT (SELECT count(*) FROM slots WHERE settled_at IS NULL) + count(*) FROM (
    SELECT DISTINCT ON (correlation_id) topic FROM events WHERE correlation_id LIKE 'intent-%'
    ORDER BY correlation_id, sequence DESC
) AS last WHERE topic LIKE 'exec.%' AND topic NOT IN ('exec.completed', 'exec.failed')
"""
EVENTS: Final = "EVENTS"
BACKENDS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@dataclass(frozen=True)
class KillServer:
    """Kill -9 of a server, which starts again after a moment."""

    server: ServerName

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"kill -9 {self.server}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Kill and start it."""
        harness.servers.processes[self.server].kill()
        await asyncio.sleep(chance.uniform(0, MAX_AWAY_SECONDS))
        await harness.start_server(self.server)
        return []


@dataclass(frozen=True)
class StopServer:
    """A clean stop of a server, which starts again after a moment."""

    server: ServerName

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"stop {self.server}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Stop and start it."""
        await harness.stop_server(self.server)
        await asyncio.sleep(chance.uniform(0, MAX_AWAY_SECONDS))
        await harness.start_server(self.server)
        return []


@dataclass(frozen=True)
class FlushRedis:
    """The cache is emptied."""

    name: str = "FLUSHALL"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Empty it, as soon as it answers: the other fault of a pair may have stopped it."""

        async def empty() -> bool:
            return bool(await harness.cache.flushall())

        await wait_until(empty, "Redis is emptied", despite=(RedisError,))
        return []


@dataclass(frozen=True)
class TerminateBackends:
    """PostgreSQL ends every connection."""

    name: str = "pg_terminate_backend of everything"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """End them."""
        await harness.database.fetch(BACKENDS)
        return []


@dataclass(frozen=True)
class RestoreDatabase:
    """The database is replaced by a backup, which lacks decisions, claims and intents.

    The venues are halted before, as its runbook says: what is signed after a backup is known to
    the chain alone.
    """

    name: str = "database restored from a backup"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Halt the venues, back up, let the load go on, and put the backup back."""
        desk = harness.desk
        async with desk.resting(), desk.halted(*VENUES) as is_halted:
            if not is_halted:
                return []
            await wait_until(lambda: _nothing_in_flight(harness), "nothing is in flight")
            backup = harness.directory / "backup"
            await _with_stopped_database(harness, lambda data: _copy(data, backup))
            await asyncio.sleep(chance.uniform(*FORGOTTEN_SECONDS))
            desk.restores += 1
            await _with_stopped_database(harness, lambda data: _put_back(data, backup))
        return []


@dataclass(frozen=True)
class RemoveStore:
    """The broker is killed, everything it had stored is removed, and it starts empty."""

    name: str = "broker loses its store"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Remove the store."""
        await _remove_store(harness)
        return []


@dataclass(frozen=True)
class RemoveUnrecorded:
    """The store is removed while no coordinator writes: its events are recorded nowhere else."""

    name: str = "broker loses its store with what is not recorded yet"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Kill the writer, wait for intents, and remove the store before the next writer starts."""
        harness.processes[await harness.writer()].kill()
        await asyncio.sleep(chance.uniform(MIN_BACKLOG_SECONDS, MAX_BACKLOG_SECONDS))
        await _remove_store(harness)
        return []


@dataclass(frozen=True)
class NewStream:
    """The event stream is deleted and declared again, and counts from 1."""

    name: str = "stream deleted and declared again"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Delete and declare it."""
        async with broker(harness.servers.nats_url) as client:
            await client.jetstream(timeout=COMMAND_SECONDS).delete_stream(EVENTS)
        await asyncio.sleep(chance.uniform(0, MAX_AWAY_SECONDS))
        await declare(harness.servers)
        return []


@dataclass(frozen=True)
class ReadOnlyDatabase:
    """PostgreSQL answers and writes nothing for a while, as a stand-by after a fail-over does."""

    name: str = "database read-only"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Make transactions read-only, and take it back."""
        await harness.database.fetch("ALTER SYSTEM SET default_transaction_read_only = on")
        await harness.database.fetch("SELECT pg_reload_conf()")
        try:
            await asyncio.sleep(chance.uniform(MIN_REFUSED_SECONDS, MAX_REFUSED_SECONDS))
        finally:
            await harness.database.fetch("ALTER SYSTEM RESET default_transaction_read_only")
            await harness.database.fetch("SELECT pg_reload_conf()")
        return []


@dataclass(frozen=True)
class HeldLock:
    """A transaction that nobody ends holds a lock on a table."""

    name: str = "lock held"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Lock one of the tables, and let it go."""
        table = chance.choice(LOCKED_TABLES)
        connection = await asyncpg.connect(harness.servers.postgres_dsn)
        try:
            async with connection.transaction():
                await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(chance.uniform(MIN_REFUSED_SECONDS, MAX_REFUSED_SECONDS))
        finally:
            await connection.close()
        return []


async def _nothing_in_flight(harness: PlatformHarness) -> bool:
    return not await harness.database.value(IN_FLIGHT)


async def _with_stopped_database(
    harness: PlatformHarness, change: Callable[[Path], object]
) -> None:
    """Change the files of PostgreSQL while it is stopped."""
    service = harness.servers.processes["postgres"].service
    assert isinstance(service, PostgresServer)
    await harness.stop_server("postgres")
    await asyncio.to_thread(change, service.cluster)
    await harness.start_server("postgres")


def _copy(data: Path, backup: Path) -> None:
    """Copy the files with their owner."""
    shutil.rmtree(backup, ignore_errors=True)
    subprocess.run(["cp", "-a", data, backup], check=True)


def _put_back(data: Path, backup: Path) -> None:
    shutil.rmtree(data)
    _copy(backup, data)
    shutil.rmtree(backup)


async def _remove_store(harness: PlatformHarness) -> None:
    server = harness.servers.processes["nats"]
    server.kill()
    shutil.rmtree(server.service.directory / "jetstream")
    await harness.start_server("nats")


@dataclass(frozen=True)
class FullStream:
    """The event stream takes nothing more for a while."""

    name: str = "stream full"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Lower the limit to the stored bytes, and restore it."""
        by_bytes = chance.random() < 0.5
        async with broker(harness.servers.nats_url) as client:
            jetstream = client.jetstream(timeout=COMMAND_SECONDS)
            info = await jetstream.stream_info(EVENTS)
            limit, size = (
                ("max_bytes", info.state.bytes) if by_bytes else ("max_msgs", info.state.messages)
            )
            await jetstream.update_stream(info.config, **{limit: max(1, size)})
            try:
                await asyncio.sleep(chance.uniform(MIN_FULL_SECONDS, MAX_FULL_SECONDS))
            finally:
                await jetstream.update_stream(info.config)
        return []
