"""Gives a role its view of the market: a watch of the pool snapshots, and queries over them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tradewind.runtime import NatsConnection
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_watch import watched
from tradewind.trading.pricing.swap.engine import choose_router
from tradewind.trading.tokens import load_tokens


@asynccontextmanager
async def open_market(
    connection: NatsConnection, tokens_file: Path | None, *, rust_engine_enabled: bool
) -> AsyncIterator[PoolView]:
    """Watch the pool snapshots while the block runs; the view of them fills meanwhile."""
    registry = load_tokens(tokens_file)
    cache = SnapshotCache(choose_router(rust_engine_enabled=rust_engine_enabled))
    async with watched(connection, cache):
        yield PoolView(cache, registry)
