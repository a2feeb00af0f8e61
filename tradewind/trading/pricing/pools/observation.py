"""Records the market that a decision could read, and restores it for re-decision."""

from collections.abc import Mapping, MutableMapping
from typing import Final, NamedTuple

import structlog
from prometheus_client import Counter

from tradewind.contracts.envelope import MAX_EVENT_BYTES
from tradewind.contracts.inputs import content_id, content_of, day_of
from tradewind.contracts.instruments.payloads import (
    MarketObserved,
    ObservationPayload,
    PoolObserved,
    TokensObserved,
)
from tradewind.contracts.instruments.pools import ContentId, ObservedPool, PoolSnapshot
from tradewind.contracts.unchecked import builder
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key
from tradewind.trading.pricing.swap.router import Block, InvalidSnapshot, PreparedPool, Router
from tradewind.trading.tokens import TokenRegistry

MAX_CONTENT_BYTES: Final = MAX_EVENT_BYTES - 2_048
"""The space an event has left for its content, in bytes."""
_SHAPE_FIELDS: Final = (
    *("chain", "pool", "token0", "token1", "fee_pips", "tick_spacing", "ticks"),
)

TOO_LARGE: Final = Counter(
    "tradewind_markets_too_large", "States of the market that could not be kept for re-decision."
)

logger = structlog.get_logger(__name__)


_build_pool = builder(ObservedPool)
_build_snapshot = builder(PoolSnapshot)


class Observed(NamedTuple):
    """An observation and the hash of its content, by which others refer to it."""

    identifier: ContentId
    payload: ObservationPayload


class Observation(NamedTuple):
    """A market at one moment. `parts` have to be recorded before an event refers to `market`."""

    market: ContentId | None
    """The market's hash; None when a part is too large for an event."""
    parts: tuple[Observed, ...]
    """Tokens, pools and market; each comes after those it refers to."""


class TooLarge(ValueError):
    """An observation does not fit into an event; the text says which."""


class MarketObserver:
    """Observes a cache; parts that did not change are neither serialised nor hashed again."""

    def __init__(self, cache: SnapshotCache, registry: TokenRegistry) -> None:
        self._cache = cache
        self._registry = registry
        self._version: int | None = None
        self._last = Observation(None, ())
        self._shapes: dict[str, tuple[PoolSnapshot, Observed]] = {}
        self._tokens: Observed | None = None
        self._is_too_large = False

    def observe(self) -> Observation:
        """Return the cache's present market. The cache must not be empty."""
        if self._version != self._cache.version:
            self._version = self._cache.version
            try:
                self._last = self._observe(self._cache.all())
                self._is_too_large = False
            except TooLarge as error:
                self._refuse(error)
        return self._last

    def _refuse(self, error: TooLarge) -> None:
        if not self._is_too_large:
            logger.warning("decisions cannot be run again", reason=str(error))
        self._is_too_large = True
        TOO_LARGE.inc()
        self._last = Observation(None, ())

    def _observe(self, snapshots: list[PoolSnapshot]) -> Observation:
        known = self._shapes
        self._shapes = {
            snapshot_key(one): (one, self._shape(one, known.get(snapshot_key(one))))
            for one in snapshots
        }
        shapes = [shape for _, shape in self._shapes.values()]
        day = day_of(max(snapshot.block_time for snapshot in snapshots))
        if self._tokens is None or self._tokens.payload.day != day:
            self._tokens = _observed(TokensObserved(day=day, tokens=self._registry.tokens))
        market = _observed(
            MarketObserved(
                day=day,
                tokens=self._tokens.identifier,
                pools=tuple(
                    _pool(shape.identifier, snapshot, self._cache.past_tick(snapshot_key(snapshot)))
                    for shape, snapshot in zip(shapes, snapshots, strict=True)
                ),
                heads=self._cache.heads,
            )
        )
        return Observation(market.identifier, (self._tokens, *shapes, market))

    def _shape(
        self, snapshot: PoolSnapshot, known: tuple[PoolSnapshot, Observed] | None
    ) -> Observed:
        if known is not None and known[0] is snapshot:
            return known[1]
        fields = {name: getattr(snapshot, name) for name in _SHAPE_FIELDS}
        return _observed(PoolObserved(day=day_of(snapshot.block_time), **fields))


def _observed(payload: ObservationPayload) -> Observed:
    content = content_of(payload)
    if len(content) > MAX_CONTENT_BYTES:
        raise TooLarge(f"{payload.topic}: {len(content)} of {MAX_CONTENT_BYTES} bytes")
    return Observed(content_id(content), payload)


def _pool(shape: ContentId, snapshot: PoolSnapshot, past_tick: int | None) -> ObservedPool:
    return _build_pool(
        shape=shape,
        sqrt_price_x96=snapshot.sqrt_price_x96,
        tick=snapshot.tick,
        liquidity=snapshot.liquidity,
        block_number=snapshot.block_number,
        block_time=snapshot.block_time,
        past_tick=past_tick,
    )


def restore_cache(
    market: MarketObserved,
    shapes: Mapping[ContentId, PoolObserved],
    router: Router,
    prepared: MutableMapping[ContentId, PreparedPool] | None = None,
) -> SnapshotCache:
    """Return the cache that was observed; KeyError names a shape that is missing.

    Pools are prepared once per shape where the caller keeps them in `prepared`. Nothing is checked
    but that a state is possible: both parts were validated when they were read.
    """
    cache, kept = SnapshotCache(router), {} if prepared is None else prepared
    for pool in market.pools:
        shape = shapes[pool.shape]
        key = snapshot_key(shape)
        try:
            cache.restore(key, _restored(pool, shape, router, kept), pool.past_tick)
        except InvalidSnapshot as error:
            cache.skip_inconsistent(key, error)
    for head in market.heads:
        cache.restore_head(head)
    return cache


def _restored(
    pool: ObservedPool,
    shape: PoolObserved,
    router: Router,
    prepared: MutableMapping[ContentId, PreparedPool],
) -> PreparedPool:
    known = prepared.get(pool.shape)
    if known is not None:
        block = Block(pool.block_number, pool.block_time)
        return known.at(pool.sqrt_price_x96, pool.tick, pool.liquidity, block)
    prepared[pool.shape] = found = router.prepare(_snapshot(shape, pool))
    return found


def _snapshot(shape: PoolObserved, pool: ObservedPool) -> PoolSnapshot:
    return _build_snapshot(
        chain=shape.chain,
        pool=shape.pool,
        token0=shape.token0,
        token1=shape.token1,
        fee_pips=shape.fee_pips,
        tick_spacing=shape.tick_spacing,
        sqrt_price_x96=pool.sqrt_price_x96,
        tick=pool.tick,
        liquidity=pool.liquidity,
        ticks=shape.ticks,
        block_number=pool.block_number,
        block_time=pool.block_time,
    )
