"""Queries of risk, planner and venues: prices and pools, none older than a limit."""

from collections.abc import Callable, Hashable
from typing import Any, Final

from prometheus_client import Counter

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import ChainHead
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.errors import TransientError
from tradewind.trading.pricing.pools.observation import MarketObserver, Observation
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote
from tradewind.trading.pricing.pools.priced_pools import PoolState, PricedPools
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key
from tradewind.trading.pricing.pools.usd_price import usd_price
from tradewind.trading.pricing.swap.router import PreparedPool
from tradewind.trading.tokens import TokenRegistry

DOUBTED: Final = Counter(
    "tradewind_prices_doubted",
    "States of the market in which pools did not give a token a price that can be believed.",
    ["token"],
)
MAX_MADE: Final = 1_000
"""So many answers are remembered: intents may name any pair while the market stands still."""


class MarketNotLoaded(TransientError):
    """No pool snapshot has arrived yet. Retry; check that the market role runs."""

    code = "MARKET_NOT_LOADED"


class PoolView:
    """Reads a SnapshotCache. Every method raises MarketNotLoaded while the cache is empty."""

    def __init__(
        self,
        cache: SnapshotCache,
        registry: TokenRegistry,
        recorded: Observation | None = None,
    ) -> None:
        """Take a cache, and the observation it was restored from, which is not made again."""
        self._recorded = recorded
        self._cache = cache
        self._registry = registry
        self._prices: dict[Asset, PriceQuote | NoPrice] = {}
        self._limits: PriceLimits | None = None
        self._prices_version: int | None = None
        self._pools = PricedPools(())
        self._made: dict[Hashable, Any] = {}
        self._made_version: int | None = None
        self._observer = MarketObserver(cache, registry)

    def with_registry(self, registry: TokenRegistry) -> "PoolView":
        """Return a view of the same market with another token registry."""
        return PoolView(self._cache, registry)

    def once[T](self, question: Hashable, answer: Callable[[], T]) -> T:
        """Return what the present market says to a question; the answer is made once per state.

        Between two blocks a process asks the same of a few pairs thousands of times.
        """
        version = self._loaded().version
        if version != self._made_version or len(self._made) >= MAX_MADE:
            self._made, self._made_version = {}, version
        if question not in self._made:
            self._made[question] = answer()
        made: T = self._made[question]
        return made

    def observe(self) -> Observation:
        """Return everything a decision can read now, so that it can be decided again later."""
        self._loaded()
        return self._observer.observe() if self._recorded is None else self._recorded

    def price_usd(self, token: Asset, limits: PriceLimits | None = None) -> PriceQuote | NoPrice:
        """Return US dollars per whole token, or why the pools say nothing that can be believed."""
        cache = self._loaded()
        if cache.version != self._prices_version:
            self._prices, self._pools, self._prices_version = {}, _priced(cache), cache.version
        # A process has one limit, and asks for the same few prices thousands of times a block.
        # Where decisions are repeated each has its own copy, and doubts quote it digit by digit.
        if limits is not self._limits:
            if _written(limits) != _written(self._limits):
                self._prices = {}
            self._limits = limits
        if token not in self._prices:
            self._prices[token] = found = usd_price(token, self._pools, self._registry, limits)
            if isinstance(found, NoPrice) and found.why:
                DOUBTED.labels(token.symbol).inc()
        return self._prices[token]

    def price_usd_of_symbol(
        self, chain: str, symbol: str, limits: PriceLimits | None = None
    ) -> PriceQuote | NoPrice:
        """Return the price of a registered token, or that there is none."""
        token = self._registry.asset_by_symbol(chain, symbol)
        return self.price_usd(token, limits) if token else NoPrice()

    def takes_fee(self, token: Asset) -> bool:
        """Return whether a transfer of the token delivers less than was sent, as registered."""
        registered = self._registry.by_address(token.chain, token.address)
        return registered is not None and registered.fee_on_transfer

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


def _written(limits: PriceLimits | None) -> str:
    return "" if limits is None else limits.model_dump_json()


def _priced(cache: SnapshotCache) -> PricedPools:
    return PricedPools(PoolState(one, cache.past_tick(snapshot_key(one))) for one in cache.all())
