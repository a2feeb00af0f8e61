"""Prices a token in US dollars, from pools against tokens pegged to the dollar."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.precision import PRICE
from tradewind.contracts.wire import MAX_DECIMAL_FRACTION_DIGITS
from tradewind.trading.pricing.pools.mid_price import depth, mid_price, other_token
from tradewind.trading.tokens import TokenRegistry

PRICE_DIGITS = 18
_SMALLEST_PRICE = Decimal(1).scaleb(-MAX_DECIMAL_FRACTION_DIGITS)


class PriceQuote(NamedTuple):
    """US dollars per whole token, and the oldest pool state used."""

    price_usd: Decimal
    block_number: int
    block_time: datetime


class _Leg(NamedTuple):
    price: PriceQuote
    depth_usd: Decimal


def usd_price(
    token: Asset, snapshots: Iterable[PoolSnapshot], registry: TokenRegistry
) -> PriceQuote | None:
    """Return the mid price of `token`, or None when no pool leads to a pegged token.

    The direct pool with the most liquidity wins; without one the deepest through one intermediate.
    A pegged token is worth one dollar as long as some pool trades it. A token that is not in the
    registry exactly as given has no price.
    """
    registered = registry.by_address(token.chain, token.address)
    if registered is None or registered.asset != token:
        return None
    pools = [pool for pool in snapshots if pool.chain == token.chain and pool.liquidity]
    if registered.usd_pegged:
        return _pegged(token, pools)
    leg = _direct(token, pools, registry) or _through_intermediate(token, pools, registry)
    return _rounded(leg.price) if leg else None


def _trading(token: Asset, pools: list[PoolSnapshot]) -> list[PoolSnapshot]:
    return [pool for pool in pools if token in (pool.token0, pool.token1)]


def _pegged(token: Asset, pools: list[PoolSnapshot]) -> PriceQuote | None:
    deepest = max(_trading(token, pools), key=lambda pool: depth(pool, token), default=None)
    if deepest is None:
        return None
    return PriceQuote(Decimal(1), deepest.block_number, deepest.block_time)


def _direct(token: Asset, pools: list[PoolSnapshot], registry: TokenRegistry) -> _Leg | None:
    legs = []
    for pool in _trading(token, pools):
        other = registry.by_address(token.chain, other_token(pool, token).address)
        if other is not None and other.usd_pegged and other.asset == other_token(pool, token):
            price = PriceQuote(mid_price(pool, token), pool.block_number, pool.block_time)
            legs.append(_Leg(price, depth(pool, other)))
    return max(legs, key=lambda leg: leg.depth_usd, default=None)


def _through_intermediate(
    token: Asset, pools: list[PoolSnapshot], registry: TokenRegistry
) -> _Leg | None:
    legs = []
    for pool in _trading(token, pools):
        intermediate = other_token(pool, token)
        onward = _direct(intermediate, pools, registry)
        if onward is not None:
            value = PRICE.multiply(mid_price(pool, token), onward.price.price_usd)
            price = PriceQuote(
                value,
                min(pool.block_number, onward.price.block_number),
                min(pool.block_time, onward.price.block_time),
            )
            reserve_usd = PRICE.multiply(depth(pool, intermediate), onward.price.price_usd)
            legs.append(_Leg(price, min(reserve_usd, onward.depth_usd)))
    return max(legs, key=lambda leg: leg.depth_usd, default=None)


def _rounded(price: PriceQuote) -> PriceQuote | None:
    """Return the price with PRICE_DIGITS significant digits, or None when it is not positive."""
    exponent = price.price_usd.adjusted() - PRICE_DIGITS + 1
    step = max(Decimal(1).scaleb(exponent), _SMALLEST_PRICE)
    rounded = price.price_usd.quantize(step, rounding=ROUND_HALF_EVEN, context=PRICE)
    return price._replace(price_usd=rounded) if rounded > 0 else None
