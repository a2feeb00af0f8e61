"""Finds the best single pool for a swap, over all fee tiers, net of gas."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import DIRECT, RouteLeg, RoutePath, RouteQuote
from tradewind.trading.pricing.pools.mid_price import mid_price
from tradewind.trading.pricing.swap.router import PreparedPool, Swap, SwapResult, quote_each


class Route(NamedTuple):
    """A pool and its quote."""

    pool: PreparedPool
    result: SwapResult

    @property
    def path(self) -> RoutePath:
        """One pool."""
        return DIRECT

    @property
    def parts(self) -> tuple["Route", ...]:
        """The route itself."""
        return (self,)

    @property
    def amount_in(self) -> int:
        """Base units of the token sold."""
        return self.result.amount_in

    @property
    def amount_out(self) -> int:
        """Base units of the token bought."""
        return self.result.amount_out

    @property
    def gas_estimate(self) -> int:
        """Gas of the swap."""
        return self.result.gas_estimate

    def mid_price(self, token: Asset) -> Decimal:
        """Return what a whole `token` costs in the other token before the swap moves it."""
        return mid_price(self.pool.snapshot, token)

    def leg(self, token_in: Asset) -> RouteLeg:
        """Return this pool's part of a longer route."""
        snapshot, result = self.pool.snapshot, self.result
        sells_token0 = token_in.address == snapshot.token0.address
        token_out = snapshot.token1 if sells_token0 else snapshot.token0
        return RouteLeg(
            pool=snapshot.pool,
            fee_pips=snapshot.fee_pips,
            token_in=token_in.address,
            token_out=token_out.address,
            amount_in=result.amount_in,
            amount_out=result.amount_out,
            ticks_crossed=result.ticks_crossed,
            sqrt_price_x96_after=result.sqrt_price_x96_after,
        )

    @property
    def quote(self) -> RouteQuote:
        """The route in the form that a plan records."""
        snapshot = self.pool.snapshot
        return RouteQuote(
            pool=snapshot.pool,
            fee_pips=snapshot.fee_pips,
            amount_in=self.result.amount_in,
            amount_out=self.result.amount_out,
            ticks_crossed=self.result.ticks_crossed,
            gas_estimate=self.result.gas_estimate,
            block_number=snapshot.block_number,
            sqrt_price_x96_after=self.result.sqrt_price_x96_after,
        )


def best_exact_in(
    pools: Sequence[PreparedPool], token_in: Asset, amount_in: int, gas_cost: Decimal = Decimal(0)
) -> Route | None:
    """Return the pool that pays most for `amount_in`, or None when none can take all of it.

    `gas_cost` is base units of the output per unit of gas.
    """
    routes = _filled(pools, token_in, amount_in, exact_out=False)
    if len(routes) < 2:
        return routes[0] if routes else None
    return max(routes, key=lambda route: _net(route.result.amount_out, route, -gas_cost))


def best_exact_out(
    pools: Sequence[PreparedPool], token_in: Asset, amount_out: int, gas_cost: Decimal = Decimal(0)
) -> Route | None:
    """Return the pool that asks least for `amount_out`, or None when none can pay all of it.

    `gas_cost` is base units of the input per unit of gas.
    """
    routes = _filled(pools, token_in, amount_out, exact_out=True)
    if len(routes) < 2:
        return routes[0] if routes else None
    return min(routes, key=lambda route: _net(route.result.amount_in, route, gas_cost))


def _filled(
    pools: Sequence[PreparedPool], token_in: Asset, amount: int, *, exact_out: bool
) -> list[Route]:
    sold = token_in.address
    down, up = Swap(True, amount, exact_out), Swap(False, amount, exact_out)
    swaps = [down if sold == pool.shape.token0.address else up for pool in pools]
    results = zip(pools, quote_each(pools, swaps), strict=True)
    return [Route(pool, result) for pool, result in results if result.filled]


def _net(amount: int, route: Route, gas_cost: Decimal) -> Decimal:
    return amount + gas_cost * route.result.gas_estimate
