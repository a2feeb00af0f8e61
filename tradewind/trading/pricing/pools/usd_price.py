"""Prices a token in US dollars, from pools against tokens pegged to the dollar."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset, RegisteredToken
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.precision import PRICE
from tradewind.contracts.wire import MAX_DECIMAL_FRACTION_DIGITS
from tradewind.trading.pricing.pools.mid_price import depth
from tradewind.trading.pricing.pools.price_agreement import (
    Choose,
    PricedRoute,
    choose_by,
    deepest,
    shallowness,
)
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote
from tradewind.trading.pricing.pools.priced_pools import PricedPools, Side
from tradewind.trading.tokens import TokenRegistry

PRICE_DIGITS = 18
_SMALLEST_PRICE = Decimal(1).scaleb(-MAX_DECIMAL_FRACTION_DIGITS)


class _Pricing(NamedTuple):
    """How the prices of routes are found and chosen from."""

    pools: PricedPools
    registry: TokenRegistry
    depth: Callable[[Side], Decimal]
    choose: Choose


def usd_price(
    token: Asset, pools: PricedPools, registry: TokenRegistry, limits: PriceLimits | None
) -> PriceQuote | NoPrice:
    """Return the mid price of `token`, from the pool that can trade most near its price.

    Pools against pegged tokens count, and pools against a token that itself has a price of pools
    against pegged ones. There is no price while they contradict each other or their own past: a
    wrong price costs more than a refused intent. A pegged token is worth one dollar as long as some
    pool trades it. A token that is not in the registry exactly as given has no price.

    Without limits the answer is that of the time before there were any, for decisions that were
    recorded then: the pool with the largest virtual reserve, a direct one if there is one.
    """
    registered = _registered(token, registry)
    if registered is None:
        return NoPrice()
    if registered.usd_pegged:
        return _pegged(token, pools)
    if limits is None:
        pricing = _Pricing(pools, registry, lambda side: side.virtual_depth, deepest)
        found = deepest(_direct(token, pricing) or _through_intermediate(token, pricing))
    else:
        pricing = _Pricing(pools, registry, lambda side: side.tradable_depth, choose_by(limits))
        found = pricing.choose(_direct(token, pricing) + _through_intermediate(token, pricing))
    if found is None:
        return NoPrice()
    doubt = found.doubt or (shallowness(found, limits) if limits else "")
    return NoPrice(doubt) if doubt else _rounded(found.price)


def _registered(token: Asset, registry: TokenRegistry) -> RegisteredToken | None:
    """Return the token if the registry has it with these decimals and this symbol."""
    found = registry.by_address(token.chain, token.address)
    if found is None or (found.symbol, found.decimals) != (token.symbol, token.decimals):
        return None
    return found


def _is_pegged(token: Asset, registry: TokenRegistry) -> bool:
    registered = _registered(token, registry)
    return registered is not None and registered.usd_pegged


def _pegged(token: Asset, pools: PricedPools) -> PriceQuote | NoPrice:
    trading = [side.state.snapshot for side in pools.sides(token)]
    largest = max(trading, key=lambda pool: depth(pool, token), default=None)
    if largest is None:
        return NoPrice()
    return PriceQuote(Decimal(1), largest.block_number, largest.block_time, moved_ticks=0)


def _direct(token: Asset, pricing: _Pricing) -> list[PricedRoute]:
    routes = []
    for side in pricing.pools.sides(token):
        if _is_pegged(side.other, pricing.registry):
            pool = side.state.snapshot
            price = PriceQuote(side.price, pool.block_number, pool.block_time, _moved(side))
            depth_usd, moved_ticks = pricing.depth(side), side.state.moved_ticks
            routes.append(PricedRoute(price, depth_usd, (pool.pool,), moved_ticks))
    return routes


def _through_intermediate(token: Asset, pricing: _Pricing) -> list[PricedRoute]:
    onwards: dict[str, PricedRoute | None] = {}
    routes = []
    for side in pricing.pools.sides(token):
        middle = side.other
        if _is_pegged(middle, pricing.registry):
            continue
        if middle.address not in onwards:
            onwards[middle.address] = pricing.choose(_direct(middle, pricing))
        onward = onwards[middle.address]
        if onward is not None:
            routes.append(_joined(side, onward, pricing.depth(side)))
    return routes


def _joined(side: Side, onward: PricedRoute, depth: Decimal) -> PricedRoute:
    """Return the route over a pool and then over what prices the pool's other token."""
    pool, (price, depth_usd, pools, _, doubt) = side.state.snapshot, onward
    if doubt:
        doubt = f"{side.other.symbol}: {doubt}"
    else:
        # At a price in doubt a pool may seem too shallow to be heard.
        depth_usd = min(PRICE.multiply(depth, price.price_usd), depth_usd)
    joined = PriceQuote(
        PRICE.multiply(side.price, price.price_usd),
        min(pool.block_number, price.block_number),
        min(pool.block_time, price.block_time),
        _added(_moved(side), price.moved_ticks),
    )
    return PricedRoute(joined, depth_usd, (pool.pool, *pools), side.state.moved_ticks, doubt)


def _moved(side: Side) -> int | None:
    return None if side.state.past_tick is None else side.state.moved_ticks


def _added(ticks: int | None, more: int | None) -> int | None:
    return None if ticks is None or more is None else ticks + more


def _rounded(price: PriceQuote) -> PriceQuote | NoPrice:
    """Return the price with PRICE_DIGITS significant digits; there is none that is not positive."""
    exponent = price.price_usd.adjusted() - PRICE_DIGITS + 1
    step = max(Decimal(1).scaleb(exponent), _SMALLEST_PRICE)
    rounded = price.price_usd.quantize(step, rounding=ROUND_HALF_EVEN, context=PRICE)
    return price._replace(price_usd=rounded) if rounded > 0 else NoPrice()
