"""Finds the best route over two pools that share an intermediate token."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from heapq import nlargest
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import RoutePath, RouteQuote
from tradewind.contracts.precision import PRICE
from tradewind.trading.pricing.pools.mid_price import depth, other_token
from tradewind.trading.pricing.routes.best_route import Route
from tradewind.trading.pricing.routes.multi_pool_quote import multi_pool_quote
from tradewind.trading.pricing.routes.transaction_gas import transaction_gas
from tradewind.trading.pricing.swap.router import PreparedPool, Swap

MAX_LEGS = 24
"""How many pools are considered on either side of the intermediate token."""


class TwoHopRoute(NamedTuple):
    """Two swaps in a row: the second sells what the first pays."""

    first: Route
    second: Route

    @property
    def path(self) -> RoutePath:
        """Two pools in a row."""
        return "two_hop"

    @property
    def parts(self) -> tuple[Route, ...]:
        """Both, in order."""
        return (self.first, self.second)

    @property
    def amount_in(self) -> int:
        """Base units of the token sold."""
        return self.first.result.amount_in

    @property
    def amount_out(self) -> int:
        """Base units of the token bought."""
        return self.second.result.amount_out

    @property
    def gas_estimate(self) -> int:
        """Gas of both swaps in one transaction."""
        return transaction_gas((self.first.result, self.second.result))

    @property
    def quote(self) -> RouteQuote:
        """The route in the form that a plan records."""
        first = self.first.pool.shape
        middle = self._middle
        token_in = first.token1 if middle == first.token0 else first.token0
        return multi_pool_quote(
            "two_hop", self.gas_estimate, self, [(self.first, token_in), (self.second, middle)]
        )

    def mid_price(self, token: Asset) -> Decimal:
        """Return what a whole `token` costs in the other token before the swap moves any price."""
        near, far = self.first, self.second
        if token not in (near.pool.shape.token0, near.pool.shape.token1):
            near, far = far, near
        return PRICE.multiply(near.mid_price(token), far.mid_price(self._middle))

    @property
    def _middle(self) -> Asset:
        first, second = self.first.pool.shape, self.second.pool.shape
        return first.token0 if first.token0 in (second.token0, second.token1) else first.token1


class _Leg(NamedTuple):
    """A pool and the direction of the swap in it."""

    pool: PreparedPool
    zero_for_one: bool

    def route(self, amount: int, *, exact_out: bool) -> Route | None:
        result = self.pool.quote(Swap(self.zero_for_one, amount, exact_out))
        return Route(self.pool, result) if result.filled and result.amount_out else None


class _Legs(NamedTuple):
    """The pools between a token and every third token, by that token's address."""

    from_token_in: dict[str, list[_Leg]]
    to_token_out: dict[str, list[_Leg]]

    def middles(self) -> list[str]:
        """Return the intermediate tokens, in an order that is the same in every process."""
        return sorted(self.from_token_in.keys() & self.to_token_out.keys())


def has_two_hop(pools: Sequence[PreparedPool], token_a: Asset, token_b: Asset) -> bool:
    """Return whether any two pools connect the tokens, whatever their liquidity."""
    return bool(_legs(pools, token_a, token_b).middles())


def best_two_hop_exact_in(
    pools: Sequence[PreparedPool],
    token_in: Asset,
    token_out: Asset,
    amount_in: int,
    gas_cost: Decimal = Decimal(0),
) -> TwoHopRoute | None:
    """Return the two pools that pay most, or None when no two fill the order.

    `gas_cost` is base units of the output per unit of gas.
    """
    routes = _routes_exact_in(_legs(pools, token_in, token_out), amount_in)
    return max(routes, key=lambda route: _received(route, gas_cost), default=None)


def best_two_hop_exact_out(
    pools: Sequence[PreparedPool],
    token_in: Asset,
    token_out: Asset,
    amount_out: int,
    gas_cost: Decimal = Decimal(0),
) -> TwoHopRoute | None:
    """Return the two pools that ask least, or None when no two fill the order.

    `gas_cost` is base units of the input per unit of gas.
    """
    routes = _routes_exact_out(_legs(pools, token_in, token_out), amount_out)
    return min(routes, key=lambda route: _paid(route, gas_cost), default=None)


def _received(route: TwoHopRoute, gas_cost: Decimal) -> Decimal:
    return route.amount_out - gas_cost * route.gas_estimate


def _paid(route: TwoHopRoute, gas_cost: Decimal) -> Decimal:
    return route.amount_in + gas_cost * route.gas_estimate


def _routes_exact_in(legs: _Legs, amount_in: int) -> Iterator[TwoHopRoute]:
    for middle in legs.middles():
        for first_way in legs.from_token_in[middle]:
            first = first_way.route(amount_in, exact_out=False)
            if first is None:
                continue
            for second_way in legs.to_token_out[middle]:
                second = second_way.route(first.result.amount_out, exact_out=False)
                if second is not None:
                    yield TwoHopRoute(first, second)


def _routes_exact_out(legs: _Legs, amount_out: int) -> Iterator[TwoHopRoute]:
    for middle in legs.middles():
        for second_way in legs.to_token_out[middle]:
            second = second_way.route(amount_out, exact_out=True)
            if second is None:
                continue
            for first_way in legs.from_token_in[middle]:
                first = first_way.route(second.result.amount_in, exact_out=True)
                if first is not None:
                    yield TwoHopRoute(first, second)


def _legs(pools: Sequence[PreparedPool], token_in: Asset, token_out: Asset) -> _Legs:
    legs = _Legs(defaultdict(list), defaultdict(list))
    for pool in _deepest(pools, token_in, token_out):
        sells_token0 = token_in.address == pool.shape.token0.address
        middle = other_token(pool.shape, token_in).address
        legs.from_token_in[middle].append(_Leg(pool, sells_token0))
    for pool in _deepest(pools, token_out, token_in):
        sells_token0 = token_out.address != pool.shape.token0.address
        middle = other_token(pool.shape, token_out).address
        legs.to_token_out[middle].append(_Leg(pool, sells_token0))
    return legs


def _deepest(pools: Sequence[PreparedPool], token: Asset, other: Asset) -> list[PreparedPool]:
    """Return the pools of a token with any token but `other`; the deepest, if there are many."""
    found = [pool for pool in pools if _trades(pool, token) and not _trades(pool, other)]
    if len(found) <= MAX_LEGS:
        return found
    return nlargest(MAX_LEGS, found, key=lambda pool: depth(pool.snapshot, token))


def _trades(pool: PreparedPool, token: Asset) -> bool:
    shape = pool.shape
    addresses = (shape.token0.address, shape.token1.address)
    return shape.chain == token.chain and token.address in addresses
