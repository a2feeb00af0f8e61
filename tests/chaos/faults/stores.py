"""Faults of servers: kills, stops, lost stores and full streams."""

import asyncio
import shutil
from dataclasses import dataclass
from random import Random
from typing import Final

import asyncpg

from tests.chaos.administrator import broker
from tests.chaos.harness import PlatformHarness, declare
from tradewind.contracts.roles import ServerName

MAX_AWAY_SECONDS: Final = 2.0
MIN_FULL_SECONDS: Final = 0.5
MIN_BACKLOG_SECONDS: Final = 0.5
MAX_BACKLOG_SECONDS: Final = 2.0
MAX_FULL_SECONDS: Final = 3.0
MIN_REFUSED_SECONDS: Final = 0.5
MAX_REFUSED_SECONDS: Final = 5.0
LOCKED_TABLES: Final = ("ingress", "events", "event_index", "correlation_head", "steps", "slots")
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
        """Empty it."""
        await harness.cache.flushall()
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
            await client.jetstream().delete_stream(EVENTS)
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
            jetstream = client.jetstream()
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
