"""Queries of risk, planner and venues: prices and pools, none older than a limit."""

from datetime import datetime, timedelta

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import ChainHead
from tradewind.errors import TransientError
from tradewind.trading.pricing.pools.observation import MarketObserver, Observation
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.usd_price import PriceQuote, usd_price
from tradewind.trading.pricing.swap.router import PreparedPool
from tradewind.trading.tokens import TokenRegistry


class MarketNotLoaded(TransientError):
    """No pool snapshot has arrived yet. Retry; check that the market role runs."""

    code = "MARKET_NOT_LOADED"


class PoolView:
    """Reads a SnapshotCache. Every method raises MarketNotLoaded while the cache is empty."""

    def __init__(self, cache: SnapshotCache, registry: TokenRegistry) -> None:
        self._cache = cache
        self._registry = registry
        self._prices: dict[Asset, PriceQuote | None] = {}
        self._prices_version = cache.version
        self._observer = MarketObserver(cache, registry)

    def with_registry(self, registry: TokenRegistry) -> "PoolView":
        """Return a view of the same market with another token registry."""
        return PoolView(self._cache, registry)

    def observe(self) -> Observation:
        """Return everything a decision can read now, so that it can be decided again later."""
        self._loaded()
        return self._observer.observe()

    def price_usd(self, token: Asset) -> PriceQuote | None:
        """Return US dollars per whole token, or None when no pool leads to a pegged token."""
        cache = self._loaded()
        if cache.version != self._prices_version:
            self._prices, self._prices_version = {}, cache.version
        if token not in self._prices:
            self._prices[token] = usd_price(token, cache.all(), self._registry)
        return self._prices[token]

    def price_usd_of_symbol(self, chain: str, symbol: str) -> PriceQuote | None:
        """Return the price of a registered token, or None."""
        token = self._registry.by_symbol(chain, symbol)
        return self.price_usd(token.asset) if token else None

    def pools(self, token_a: Asset, token_b: Asset) -> list[PreparedPool]:
        """Return the pools that trade exactly these two tokens, in any fee tier."""
        return self._loaded().pools(token_a.chain, token_a, token_b)

    def connecting(self, token_a: Asset, token_b: Asset) -> list[PreparedPool]:
        """Return the pools that trade exactly one of these two tokens."""
        return self._loaded().connecting(token_a.chain, token_a, token_b)

    def head(self, chain: str) -> ChainHead | None:
        """Return the newest block of a real chain, and its gas fees; None for a simulated one."""
        return self._cache.head(chain)

    def pool(self, chain: str, address: str) -> PreparedPool | None:
        """Return one pool, or None."""
        return self._loaded().pool(chain, address)

    def _loaded(self) -> SnapshotCache:
        if self._cache.is_empty:
            raise MarketNotLoaded("no pool snapshot has arrived yet")
        return self._cache


def is_fresh(block_time: datetime, now: datetime, max_age_seconds: int) -> bool:
    """Return whether a state is recent enough; a future block time is refused like an old one."""
    return abs(now - block_time) <= timedelta(seconds=max_age_seconds)


def describe_age(block_time: datetime, now: datetime, max_age_seconds: int) -> str:
    """Say how old a state is that is not fresh; one of the future means that clocks disagree."""
    age_seconds = int((now - block_time).total_seconds())
    if age_seconds >= 0:
        return f"snapshot is {age_seconds} s old, {max_age_seconds} s are allowed"
    return (
        f"the chain's clock is {-age_seconds} s ahead of this machine's, {max_age_seconds} s are "
        "allowed: compare both with the time"
    )
