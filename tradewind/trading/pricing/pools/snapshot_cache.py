"""The newest state of every pool, prepared for quoting. Memory only; `snapshot_watch` feeds it."""

from typing import Final

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import MAX_CHAINS, MAX_POOLS, ChainHead, PoolSnapshot
from tradewind.trading.pricing.pools.price_past import PricePast
from tradewind.trading.pricing.pools.snapshot_keys import HEAD_SUFFIX, head_key, snapshot_key
from tradewind.trading.pricing.swap.router import InvalidSnapshot, PreparedPool, Router

INCONSISTENT: Final = "inconsistent"

logger = structlog.get_logger(__name__)

SKIPPED = Counter(
    "tradewind_pool_snapshots_skipped_total", "Pool snapshots that could not be used.", ["reason"]
)


class SnapshotCache:
    """Keeps consistent pool states, prepared for quoting; it skips and counts any other value."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._pools: dict[str, PreparedPool] = {}
        self._heads: dict[str, ChainHead] = {}
        self._pasts: dict[str, PricePast] = {}
        self._recorded_pasts: dict[str, int] = {}
        self.skipped_total = 0
        self._told: set[tuple[str, str]] = set()
        """Pools and reasons that were logged; a pool that is usable again is forgotten."""
        self.version = 0
        """It changes whenever the content does."""

    @property
    def is_empty(self) -> bool:
        """Whether no pool is known."""
        return not self._pools

    def all(self) -> list[PoolSnapshot]:
        """Return the newest state of every pool."""
        return [pool.snapshot for pool in self._pools.values()]

    def pool(self, chain: str, address: str) -> PreparedPool | None:
        """Return the pool at a checksummed address, or None."""
        return self._pools.get(f"{chain}.{address}")

    def pools(self, chain: str, token_a: Asset, token_b: Asset) -> list[PreparedPool]:
        """Return the pools that trade exactly these two tokens, in any fee tier."""
        pairs = ((token_a, token_b), (token_b, token_a))
        return [
            pool
            for pool in self._touching(chain, {token_a.address, token_b.address}, 2)
            if (pool.shape.token0, pool.shape.token1) in pairs
        ]

    def connecting(self, chain: str, token_a: Asset, token_b: Asset) -> list[PreparedPool]:
        """Return the pools that trade exactly one of these two tokens."""
        return [
            pool
            for pool in self._touching(chain, {token_a.address, token_b.address}, 1)
            if {pool.shape.token0, pool.shape.token1} & {token_a, token_b}
        ]

    def past_tick(self, key: str) -> int | None:
        """Return where a pool's price stood in its last minutes; None when that is not known."""
        if key in self._recorded_pasts:
            return self._recorded_pasts[key]
        past = self._pasts.get(key)
        return past.tick if past is not None else None

    def restore(self, key: str, pool: PreparedPool, past_tick: int | None) -> None:
        """Take a pool as it was recorded, and where its price stood, instead of what is seen."""
        self._pools[key] = pool
        if past_tick is not None:
            self._recorded_pasts[key] = past_tick
        self.version += 1

    def restore_head(self, head: ChainHead) -> None:
        """Take the newest block of a chain as it was recorded."""
        self._heads[head.chain] = head
        self.version += 1

    def skip_inconsistent(self, key: str, error: InvalidSnapshot) -> None:
        """Count a pool state that contradicts itself."""
        self._skip(key, INCONSISTENT, str(error))

    @property
    def heads(self) -> tuple[ChainHead, ...]:
        """The newest known block of every real chain."""
        return tuple(self._heads.values())

    def head(self, chain: str) -> ChainHead | None:
        """Return the newest known block of a chain; None for a simulated one."""
        return self._heads.get(chain)

    def apply(self, key: str, value: bytes) -> None:
        """Apply a value of the bucket; an invalid or misplaced one is skipped and counted."""
        if key.endswith(HEAD_SUFFIX):
            self._take_head(key, value)
            return
        try:
            snapshot = PoolSnapshot.model_validate_json(value)
        except ValidationError as error:
            self._skip(key, "malformed", describe(error))
            return
        if key != snapshot_key(snapshot):
            self._skip(key, "misplaced", f"holds {snapshot_key(snapshot)}")
            return
        if key not in self._pools and len(self._pools) >= MAX_POOLS:
            self._skip(key, "limit", f"{MAX_POOLS} pools are held already")
            return
        self._prepare(key, snapshot)

    def remove(self, key: str) -> None:
        """Forget a pool or head whose key was deleted."""
        self._pools.pop(key, None)
        self._pasts.pop(key, None)
        self.version += 1
        self._heads.pop(key.removesuffix(HEAD_SUFFIX), None)

    def _touching(self, chain: str, addresses: set[str], count: int) -> list[PreparedPool]:
        """Return the pools of which `count` tokens are among these."""
        return [
            pool
            for pool in self._pools.values()
            if (pool.shape.token0.address in addresses) + (pool.shape.token1.address in addresses)
            == count
            and pool.shape.chain == chain
        ]

    def _take_head(self, key: str, value: bytes) -> None:
        try:
            head = ChainHead.model_validate_json(value)
        except ValidationError as error:
            self._skip(key, "malformed", describe(error))
            return
        if key != head_key(head.chain):
            self._skip(key, "misplaced", f"holds {head_key(head.chain)}")
        elif head.chain in self._heads or len(self._heads) < MAX_CHAINS:
            self._heads[head.chain] = head
            self.version += 1

    def _prepare(self, key: str, snapshot: PoolSnapshot) -> None:
        try:
            self._pools[key] = self._router.prepare(snapshot)
        except InvalidSnapshot as error:
            self.skip_inconsistent(key, error)
            return
        self._pasts.setdefault(key, PricePast()).add(snapshot.block_time, snapshot.tick)
        self.version += 1
        self._told.discard((key, INCONSISTENT))

    def _skip(self, key: str, reason: str, detail: str) -> None:
        self.skipped_total += 1
        SKIPPED.labels(reason).inc()
        if (key, reason) in self._told or len(self._told) >= MAX_POOLS:
            return
        self._told.add((key, reason))
        logger.warning("pool snapshot skipped", key=key[:100], reason=reason, detail=detail)
