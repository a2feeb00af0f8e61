"""Splits a swap over several fee tiers of one pair.

A split is best when all its pools end at the same marginal price, fee included: moving a wei to
another pool would then gain nothing. That common price is the `reach` of the swap; it determines
each pool's share, and bisection over quotes finds it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import isqrt
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import RoutePath, RouteQuote
from tradewind.trading.pricing.routes.best_route import Route
from tradewind.trading.pricing.routes.multi_pool_quote import multi_pool_quote
from tradewind.trading.pricing.routes.transaction_gas import transaction_gas
from tradewind.trading.pricing.swap.router import PreparedPool, Swap
from tradewind.trading.pricing.swap.swap_math import FEE_DENOMINATOR_PIPS
from tradewind.trading.pricing.swap.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO

MAX_SHARES = 8
FIRST_DISTANCE_BITS = 30
"""The first step of the search is the price shifted right by this many bits."""
STRIDE = 4
BISECTIONS = 24
_FRACTION_BITS = 64


class SplitRoute(NamedTuple):
    """Swaps of the same pair in different pools, in one transaction; the largest comes first."""

    parts: tuple[Route, ...]
    zero_for_one: bool
    """Whether all of them sell token0."""

    @property
    def path(self) -> RoutePath:
        """Several pools at once."""
        return "split"

    @property
    def amount_in(self) -> int:
        """Base units of the token sold."""
        return sum(part.result.amount_in for part in self.parts)

    @property
    def amount_out(self) -> int:
        """Base units of the token bought."""
        return sum(part.result.amount_out for part in self.parts)

    @property
    def gas_estimate(self) -> int:
        """Gas of all parts in one transaction."""
        return transaction_gas(part.result for part in self.parts)

    @property
    def quote(self) -> RouteQuote:
        """The route in the form that a plan records."""
        shape = self.parts[0].pool.shape
        token_in = shape.token0 if self.zero_for_one else shape.token1
        legs = [(part, token_in) for part in self.parts]
        return multi_pool_quote("split", self.gas_estimate, self, legs)

    def mid_price(self, token: Asset) -> Decimal:
        """Return what a whole `token` costs in the largest part's pool before the swap."""
        return self.parts[0].mid_price(token)


def best_split_exact_in(
    pools: Sequence[PreparedPool],
    token_in: Asset,
    amount_in: int,
    direct: Route | None,
    gas_cost: Decimal = Decimal(0),
) -> SplitRoute | None:
    """Return the split that pays most, or None when there is none or none can beat `direct`.

    `direct` is the best single pool, None when none can take all: it saves the search where it
    ends before any other pool begins to be better. `gas_cost` is base units of the output per
    unit of gas.
    """
    if _stays_best(direct, pools, token_in):
        return None
    splits = _splits(_pool_shares(pools, token_in, direct), _Order(amount_in, exact_out=False))
    return max(splits, key=lambda split: _received(split, gas_cost), default=None)


def best_split_exact_out(
    pools: Sequence[PreparedPool],
    token_in: Asset,
    amount_out: int,
    direct: Route | None,
    gas_cost: Decimal = Decimal(0),
) -> SplitRoute | None:
    """Return the split that asks least, or None when there is none or none can beat `direct`.

    `direct` is as for `best_split_exact_in`. `gas_cost` is base units of the input per unit of gas.
    """
    if _stays_best(direct, pools, token_in):
        return None
    splits = _splits(_pool_shares(pools, token_in, direct), _Order(amount_out, exact_out=True))
    return min(splits, key=lambda split: _paid(split, gas_cost), default=None)


def _received(split: SplitRoute, gas_cost: Decimal) -> Decimal:
    return split.amount_out - gas_cost * split.gas_estimate


def _paid(split: SplitRoute, gas_cost: Decimal) -> Decimal:
    return split.amount_in + gas_cost * split.gas_estimate


class _Order(NamedTuple):
    """The amount that all pools together swap."""

    amount: int
    exact_out: bool


@dataclass(frozen=True, slots=True)
class _PoolShare:
    """A pool that may take a share of the order."""

    pool: PreparedPool
    zero_for_one: bool
    kept: int
    """The square root of the part of an input that the fee leaves, as a 64-bit fraction."""

    @property
    def reach_now(self) -> int:
        """The pool's marginal price before the swap, fee included."""
        return self.reach_at(self.pool.sqrt_price_x96)

    @property
    def farthest_reach(self) -> int:
        """The marginal price at the end of the tick range, where the pool has nothing left."""
        return self.reach_at(MIN_SQRT_RATIO + 1 if self.zero_for_one else MAX_SQRT_RATIO - 1)

    def reach_at(self, sqrt_price_x96: int) -> int:
        """Convert a pool's square root price to a reach, which includes the fee."""
        return _reach(sqrt_price_x96, self.kept, self.zero_for_one)

    def taken(self, reach: int, order: _Order) -> int:
        """Return how much of the order this pool takes until its price is at the reach."""
        price_x96 = self.pool.sqrt_price_x96
        if self.zero_for_one:
            limit_x96 = max(-(-reach // self.kept), MIN_SQRT_RATIO + 1)
            is_ahead = limit_x96 < price_x96
        else:
            limit_x96 = min(reach * self.kept >> 2 * _FRACTION_BITS, MAX_SQRT_RATIO - 1)
            is_ahead = limit_x96 > price_x96
        if not is_ahead:
            return 0
        result = self.pool.quote(Swap(self.zero_for_one, *order, limit_x96))
        return result.amount_out if order.exact_out else result.amount_in

    def route(self, share: int, order: _Order) -> Route:
        """Return the route through this pool for its share."""
        swap = Swap(self.zero_for_one, share, order.exact_out)
        return Route(self.pool, self.pool.quote(swap))


def _reach(sqrt_price_x96: int, kept: int, zero_for_one: bool) -> int:
    if zero_for_one:
        return sqrt_price_x96 * kept
    return (sqrt_price_x96 << 2 * _FRACTION_BITS) // kept


def _stays_best(direct: Route | None, pools: Sequence[PreparedPool], token_in: Asset) -> bool:
    """Return whether the best single pool ends before any other one begins to be better.

    This is what most swaps are, so it is asked before anything is made for a search.
    """
    if direct is None:
        return len(pools) < 2
    pool, sold = direct.pool, token_in.address
    zero_for_one = sold == pool.shape.token0.address
    price_x96 = direct.result.sqrt_price_x96_after
    end = _reach(price_x96, _kept_root(pool.shape.fee_pips), zero_for_one)
    for other in pools:
        if other is pool:
            continue
        begin = _reach(other.sqrt_price_x96, _kept_root(other.shape.fee_pips), zero_for_one)
        if begin >= end if zero_for_one else begin <= end:
            return False
    return True


def _pool_shares(
    pools: Sequence[PreparedPool], token_in: Asset, direct: Route | None
) -> list[_PoolShare]:
    """Return the pools with the best prices; none when `direct` stays better than all others."""
    pool_shares = [_pool_share(pool, token_in) for pool in pools]
    if len(pool_shares) < 2:
        return []
    pool_shares.sort(
        key=lambda pool_share: (
            -pool_share.reach_now if pool_share.zero_for_one else pool_share.reach_now
        )
    )
    if direct is not None and pool_shares[0].pool is direct.pool:
        first, second = pool_shares[:2]
        end = first.reach_at(direct.result.sqrt_price_x96_after)
        if end >= second.reach_now if first.zero_for_one else end <= second.reach_now:
            return []
    return pool_shares[:MAX_SHARES]


def _pool_share(pool: PreparedPool, token_in: Asset) -> _PoolShare:
    shape = pool.shape
    return _PoolShare(pool, token_in.address == shape.token0.address, _kept_root(shape.fee_pips))


@lru_cache(maxsize=64)
def _kept_root(fee_pips: int) -> int:
    left_pips = FEE_DENOMINATOR_PIPS - fee_pips
    return isqrt((left_pips << 2 * _FRACTION_BITS) // FEE_DENOMINATOR_PIPS)


def _splits(pool_shares: Sequence[_PoolShare], order: _Order) -> Iterator[SplitRoute]:
    """Yield the best split over all pools, then without the smallest share, down to two pools."""
    while len(pool_shares) > 1:
        shares = _shares(pool_shares, order)
        used = [part for part in zip(shares, pool_shares, strict=True) if part[0]] if shares else []
        if len(used) < 2:
            return
        used.sort(key=lambda part: part[0], reverse=True)
        parts = tuple(pool_share.route(share, order) for share, pool_share in used)
        yield SplitRoute(parts, pool_shares[0].zero_for_one)
        pool_shares = [pool_share for _, pool_share in used[:-1]]


def _shares(pool_shares: Sequence[_PoolShare], order: _Order) -> list[int] | None:
    """Return each pool's share of the order, or None when together they cannot fill it."""

    def taken(reach: int) -> list[int]:
        return [pool_share.taken(reach, order) for pool_share in pool_shares]

    def is_short(reach: int) -> bool:
        return sum(taken(reach)) < order.amount

    bracket = _bracket(pool_shares, is_short)
    if bracket is None:
        return None
    near, far = bracket
    for _ in range(BISECTIONS):
        middle = (near + far) // 2
        near, far = (middle, far) if is_short(middle) else (near, middle)
    shares, most = taken(near), taken(far)
    for number, share in enumerate(shares):
        rest = order.amount - sum(shares)
        shares[number] += min(rest, most[number] - share)
    return shares


def _bracket(
    pool_shares: Sequence[_PoolShare], is_short: Callable[[int], bool]
) -> tuple[int, int] | None:
    """Return a reach that does not fill the order, and one up to STRIDE times as far that does."""
    pick_nearest, pick_farthest = (max, min) if pool_shares[0].zero_for_one else (min, max)
    start = pick_nearest(pool_share.reach_now for pool_share in pool_shares)
    end = pick_farthest(pool_share.farthest_reach for pool_share in pool_shares)
    near, distance = start, max(start >> FIRST_DISTANCE_BITS, 1)
    while distance < abs(end - start):
        far = start + distance if end > start else start - distance
        if not is_short(far):
            return near, far
        near, distance = far, distance * STRIDE
    return None if is_short(end) else (near, end)
