"""Faults of servers: kills, stops, lost stores and full streams."""

import asyncio
import shutil
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.administrator import broker
from tests.chaos.harness import PlatformHarness
from tests.support.store_faults import StoreFault
from tradewind.contracts.roles import ServerName

MAX_AWAY_SECONDS: Final = 2.0
MIN_HURT_SECONDS: Final = 0.5
MAX_HURT_SECONDS: Final = 5.0
MIN_FULL_SECONDS: Final = 0.5
MIN_BACKLOG_SECONDS: Final = 0.5
MAX_BACKLOG_SECONDS: Final = 2.0
MAX_FULL_SECONDS: Final = 3.0
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
class Hurt:
    """PostgreSQL answers and does not serve for a while: one of the table of store faults."""

    fault: StoreFault

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"postgres: {self.fault}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Hurt it, and let it be."""
        async with self.fault.on(harness.servers.postgres_dsn):
            await asyncio.sleep(chance.uniform(MIN_HURT_SECONDS, MAX_HURT_SECONDS))
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
