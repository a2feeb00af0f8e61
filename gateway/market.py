"""Has the market as it was last seen. What comes in is read when somebody asks, not before."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import MAX_CHAINS, MAX_POOLS, ChainHead, PoolSnapshot
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.runtime import NatsConnection
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_watch import watched
from tradewind.trading.pricing.swap.router import Router
from tradewind.trading.tokens import TokenRegistry

KEPT_SECONDS: Final = 1.0
"""Who asks again within this time sees the same market, however many ask."""
MAX_KEYS: Final = MAX_POOLS + MAX_CHAINS
NOT_LOADED: Final = "no pool snapshot has arrived yet"


class Market:
    """Pools, heads of chains, and prices by them. It takes what `snapshot_watch` feeds."""

    def __init__(
        self,
        registry: TokenRegistry,
        limits: PriceLimits,
        router: Router,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.registry = registry
        self._limits = limits
        self._cache = SnapshotCache(router)
        self._view = PoolView(self._cache, registry)
        self._clock = clock
        self._unread: dict[str, bytes | None] = {}
        self._read_at = float("-inf")

    def apply(self, key: str, value: bytes) -> None:
        """Keep a value of the bucket until it is asked for."""
        if key in self._unread or len(self._unread) < MAX_KEYS:
            self._unread[key] = value

    def remove(self, key: str) -> None:
        """Forget a key when the market is next asked for."""
        if key in self._unread or len(self._unread) < MAX_KEYS:
            self._unread[key] = None

    def pools(self) -> Sequence[PoolSnapshot]:
        """Return the newest state of every pool."""
        self._read()
        return self._cache.all()

    def heads(self) -> Sequence[ChainHead]:
        """Return the newest block of every real chain."""
        self._read()
        return self._cache.heads

    def price_usd(self, token: Asset) -> PriceQuote | NoPrice:
        """Return US dollars for a whole token, or why the pools say nothing to be believed."""
        self._read()
        if self._cache.is_empty:
            return NoPrice(NOT_LOADED)
        return self._view.price_usd(token, self._limits)

    def _read(self) -> None:
        now = self._clock()
        if not self._unread or now - self._read_at < KEPT_SECONDS:
            return
        self._read_at = now
        unread, self._unread = self._unread, {}
        for key, value in unread.items():
            if value is None:
                self._cache.remove(key)
            else:
                self._cache.apply(key, value)


@asynccontextmanager
async def watched_market(connection: NatsConnection, market: Market) -> AsyncIterator[Market]:
    """Watch the pool snapshots while a block runs."""
    async with watched(connection, market):
        yield market
