"""Chooses among the prices that pools say of one token, and says why one cannot be believed."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.instruments.pools import MAX_TICK
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.precision import PRICE
from tradewind.trading.pricing.pools.price_quote import PriceQuote
from tradewind.trading.pricing.swap.tick_math import Q96, sqrt_ratio_at_tick

HEARD_SHARE: Final = Decimal("0.1")
"""A pool below the limit is heard all the same when the deepest one is not ten times as deep: where
every pool is small, whoever brings one that is just large enough must not decide alone."""
MAX_NAMED: Final = 3
"""So many pools that disagree are named."""


class PricedRoute(NamedTuple):
    """A way from a token to US dollars over one pool, or two in a row."""

    price: PriceQuote
    depth_usd: Decimal
    """What can be traded over it; of two pools, the shallower's."""
    pools: tuple[Address, ...]
    moved_ticks: int = 0
    """How far the first pool's price is from its last minutes; 0 where those are not known."""
    doubt: str = ""
    """Why the price cannot be believed, if so."""


Choose = Callable[[Sequence[PricedRoute]], PricedRoute | None]


def deepest(routes: Sequence[PricedRoute]) -> PricedRoute | None:
    """Return the deepest route, whatever the others say."""
    return max(routes, key=lambda route: route.depth_usd, default=None)


def choose_by(limits: PriceLimits) -> Choose:
    """Return a choice of the deepest route, in doubt if its past or another route contradicts."""

    def choose(routes: Sequence[PricedRoute]) -> PricedRoute | None:
        found = deepest(routes)
        if found is None:
            return None
        doubt = found.doubt or _move(found, limits) or _dispute(found, routes, limits)
        return found._replace(doubt=doubt)

    return choose


def shallowness(route: PricedRoute, limits: PriceLimits) -> str:
    """Return that a route can trade too little to price anything; empty when it can trade enough.

    An intermediate token's routes need not: what leads over them is as shallow as they are.
    """
    if route.depth_usd >= limits.min_pool_depth_usd:
        return ""
    return (
        f"{_name(route)} can trade {route.depth_usd:.0f} USD near its price, and no pool more; "
        f"{limits.min_pool_depth_usd:f} USD are asked for"
    )


def moved_fraction(ticks: int) -> Decimal:
    """Return the fraction by which a price changes over so many ticks, upwards."""
    root = PRICE.divide(Decimal(sqrt_ratio_at_tick(min(ticks, MAX_TICK))), Decimal(Q96))
    return PRICE.subtract(PRICE.multiply(root, root), Decimal(1))


def _move(route: PricedRoute, limits: PriceLimits) -> str:
    if not route.moved_ticks:
        return ""
    move = moved_fraction(route.moved_ticks)
    if move <= limits.max_move:
        return ""
    return (
        f"{_said(route)}, {_percent(move)} away from its last minutes; "
        f"{_percent(limits.max_move)} are allowed"
    )


def _dispute(found: PricedRoute, routes: Sequence[PricedRoute], limits: PriceLimits) -> str:
    heard_usd = min(limits.min_pool_depth_usd, PRICE.multiply(found.depth_usd, HEARD_SHARE))
    heard = [route for route in routes if route.depth_usd >= heard_usd]
    doubt = next((route.doubt for route in heard if route.doubt), "")
    highest_usd = PRICE.multiply(found.price.price_usd, 1 + limits.max_disagreement)
    lowest_usd = PRICE.divide(found.price.price_usd, 1 + limits.max_disagreement)
    others = [one for one in heard if not lowest_usd <= one.price.price_usd <= highest_usd]
    if doubt or not others:
        return doubt
    others.sort(key=lambda one: _difference(one, found), reverse=True)
    said = ", ".join(
        f"{_said(one)} ({_percent(_difference(one, found))} apart)" for one in others[:MAX_NAMED]
    )
    return (
        f"pools disagree, {_percent(limits.max_disagreement)} are allowed: {_said(found)}, {said}"
    )


def _difference(route: PricedRoute, other: PricedRoute) -> Decimal:
    """Return how far two prices are apart, as a fraction of the lower one."""
    low, high = sorted((route.price.price_usd, other.price.price_usd))
    return PRICE.divide(PRICE.subtract(high, low), low)


def _said(route: PricedRoute) -> str:
    return f"{_name(route)} says {float(route.price.price_usd):.6g} USD"


def _percent(fraction: Decimal) -> str:
    return f"{float(fraction * 100):.3g} %"


def _name(route: PricedRoute) -> str:
    return " with ".join(route.pools)
