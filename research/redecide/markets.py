"""Rebuilds the markets that decisions were made on, from the observations they refer to."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final, Protocol

from actors.decider import RecordedPerp
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.inputs import correlation_of, is_authentic
from tradewind.contracts.instruments.payloads import MarketObserved, PoolObserved, TokensObserved
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.market.payloads import CandlesObserved, PerpObserved
from tradewind.contracts.payload import Payload
from tradewind.trading.pricing.pools.observation import Observation, restore_cache
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.swap.router import PreparedPool, Router
from tradewind.trading.tokens import TokenRegistry

MAX_MARKETS: Final = 64
MAX_PARTS: Final = 2_000


class NotReRunnable(Exception):
    """A decision cannot be repeated; the report counts them by the text, which says why."""


class ObservationSource(Protocol):
    """A source of recorded observations."""

    async def observations(self, correlation_ids: Collection[str]) -> list[AnyEvent]:
        """Return the events of these histories, without those the source does not have."""
        ...


class RecordedMarket:
    """Pools as a decision observed them, with the tokens of that time or with other ones."""

    def __init__(self, view: PoolView, registry: TokenRegistry) -> None:
        self.as_recorded = view
        self.registry = registry
        self._others: tuple[TokenRegistry, PoolView] | None = None

    def with_tokens(self, registry: TokenRegistry) -> PoolView:
        """Return the same pools, read with these tokens."""
        if registry.tokens == self.registry.tokens:
            return self.as_recorded
        if self._others is None or self._others[0] is not registry:
            self._others = registry, self.as_recorded.with_registry(registry)
        return self._others[1]


class RecordedMarkets:
    """Loads recorded markets and caches the latest, because decisions come in order of time."""

    def __init__(self, source: ObservationSource, router: Router) -> None:
        self._source = source
        self._router = router
        self._markets: OrderedDict[ContentId, RecordedMarket] = OrderedDict()
        self._parts: OrderedDict[ContentId, Payload] = OrderedDict()
        self._prepared: OrderedDict[ContentId, PreparedPool] = OrderedDict()
        """A pool of each shape, of which markets differ by their state only."""
        self._registry: tuple[ContentId, TokenRegistry] | None = None

    async def get(self, market: ContentId) -> RecordedMarket:
        """Return a market; NotReRunnable when the source lacks a part of it."""
        if market not in self._markets:
            self._markets[market] = await self._load(market)
            _shrink(self._markets, MAX_MARKETS)
        return self._markets[market]

    async def perp(self, identifier: ContentId) -> RecordedPerp:
        """Return what was observed of a contract; NotReRunnable when the source lacks a part."""
        (observed,) = await self._load_parts([identifier], PerpObserved)
        wanted = list(dict.fromkeys(one.candles for one in observed.candles))
        candles = await self._load_parts(wanted, CandlesObserved)
        return RecordedPerp(observed, dict(zip(wanted, candles, strict=True)))

    async def _load(self, identifier: ContentId) -> RecordedMarket:
        (market,) = await self._load_parts([identifier], MarketObserved)
        (tokens,) = await self._load_parts([market.tokens], TokensObserved)
        wanted = list(dict.fromkeys(pool.shape for pool in market.pools))
        shapes = dict(zip(wanted, await self._load_parts(wanted, PoolObserved), strict=True))
        cache = restore_cache(market, shapes, self._router, self._prepared)
        _shrink(self._prepared, MAX_PARTS)
        if cache.skipped_total:
            raise NotReRunnable("a pool of its market contradicts itself")
        registry = self._registry_of(market.tokens, tokens)
        return RecordedMarket(PoolView(cache, registry, Observation(identifier, ())), registry)

    def _registry_of(self, identifier: ContentId, tokens: TokensObserved) -> TokenRegistry:
        """Return a registry; the tokens of one market are mostly those of the one before."""
        if self._registry is None or self._registry[0] != identifier:
            self._registry = identifier, TokenRegistry(tokens.tokens)
        return self._registry[1]

    async def _load_parts[P: Payload](self, identifiers: list[ContentId], kind: type[P]) -> list[P]:
        missing = [one for one in identifiers if one not in self._parts]
        found = await self._source.observations([correlation_of(one) for one in missing])
        parts = {event.correlation_id: event for event in found}
        for one in missing:
            event = parts.get(correlation_of(one))
            if event is None:
                raise NotReRunnable("the market it was decided on is not in this history")
            if not is_authentic(event):
                raise NotReRunnable("the market it was decided on is not what its name says")
            self._parts[one] = event.payload
        loaded = [self._parts[one] for one in identifiers]
        _shrink(self._parts, MAX_PARTS)
        checked = [part for part in loaded if isinstance(part, kind)]
        if len(checked) != len(loaded):
            raise NotReRunnable("the market it was decided on is not what its name says")
        return checked


def _shrink[T](kept: "OrderedDict[ContentId, T]", limit: int) -> None:
    while len(kept) > limit:
        kept.popitem(last=False)
