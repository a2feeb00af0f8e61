"""What the tests of this folder share: one ledger and its read models behind short methods."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from tests.support.arrivals import arrive
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.append.writer import AppendResult, Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.projection.projector import Projector
from tradewind.readmodels.reader import ReadModelReader
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry


class ReadModelHarness:
    """A ledger, a projector as the coordinator has one, and a reader as the gateway has one."""

    def __init__(self, pool: Pool, redis: Redis, registry: ReadModelRegistry = READ_MODELS) -> None:
        self.pool = pool
        self.redis = redis
        self.ledger = Ledger(pool)
        self.recorded = LedgerReader(pool)
        self.registry = registry
        self.store = DocumentStore(redis, registry)
        self.projector = self.new_projector()
        self.reader = ReadModelReader(redis, self.recorded, registry)

    def new_projector(self) -> Projector:
        """Return a projector that remembers nothing, as after a restart."""
        return Projector(self.recorded, self.store)

    async def append(self, events: Sequence[AnyEvent]) -> AppendResult:
        """Record events without telling the read models."""
        return await self.ledger.append(arrive(events))

    async def project(self, result: AppendResult) -> bool:
        """Write what an append changed."""
        return await self.projector.project(
            result.position.incarnation, result.previous_global_seq, result.appended
        )

    async def write(self, events: Sequence[AnyEvent]) -> bool:
        """Record events and write what they change."""
        return await self.project(await self.append(events))

    async def snapshot(self) -> dict[bytes, Any]:
        """Return everything Redis holds."""
        values: dict[bytes, Any] = {}
        for key in sorted(key for key in await self.redis.keys("*") if isinstance(key, bytes)):
            is_index = key.decode().startswith(self.registry.index_prefixes)
            values[key] = (
                await self.redis.zrange(key, 0, -1) if is_index else await self.redis.get(key)
            )
        return values
