"""Says what pairs are worth, as the pools that are followed have it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.runtime import clock
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.trading.ticks.pool_ticks import Volumes, pool_ticks
from tradewind.trading.ticks.publisher import FLUSH_SECONDS, TickPublisher
from tradewind.trading.tokens import TokenRegistry


class PoolTicks:
    """Takes the state of pools; while `published`, their prices go to the stream of ticks."""

    def __init__(self, registry: TokenRegistry, publisher: TickPublisher) -> None:
        self._registry = registry
        self._publisher = publisher

    def take(self, snapshots: Sequence[PoolSnapshot], volumes: Volumes | None = None) -> None:
        """Note every pair's price; `volumes` is what was swapped since the last time."""
        for tick in pool_ticks(snapshots, self._registry, clock.now(), volumes):
            self._publisher.take(tick)

    def confirm(self) -> None:
        """Note that the chain has no newer block: prices are as before."""
        self._publisher.confirm(clock.now())

    @asynccontextmanager
    async def published(self) -> AsyncIterator[None]:
        """Publish once a second while a block runs; an outage of the broker stops nothing else."""
        async with repeated(FLUSH_SECONDS, self._publisher.flush, Outage("ticks")):
            yield
