"""Computes prices and depth of a pool as exact decimals."""

from decimal import Decimal

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.precision import PRICE
from tradewind.trading.pricing.swap.tick_math import Q96


def mid_price(snapshot: PoolSnapshot, base: Asset) -> Decimal:
    """Return the other token per whole `base`, before fees; `base` is one of the pool's tokens."""
    ratio = PRICE.power(PRICE.divide(Decimal(snapshot.sqrt_price_x96), Decimal(Q96)), 2)
    shift = snapshot.token0.decimals - snapshot.token1.decimals
    token1_per_token0 = ratio.scaleb(shift, context=PRICE)
    if base.address == snapshot.token0.address:
        return token1_per_token0
    return PRICE.divide(Decimal(1), token1_per_token0)


def depth(snapshot: PoolSnapshot, token: Asset) -> Decimal:
    """Return the virtual reserve of `token` at the active liquidity, in whole tokens."""
    price_x96 = snapshot.sqrt_price_x96
    if token.address == snapshot.token0.address:
        base_units = (snapshot.liquidity << 96) // price_x96
    else:
        base_units = snapshot.liquidity * price_x96 >> 96
    return Decimal(base_units).scaleb(-token.decimals, context=PRICE)


def other_token(snapshot: PoolSnapshot, token: Asset) -> Asset:
    """Return the pool's token that is not `token`."""
    is_token0 = token.address == snapshot.token0.address
    return snapshot.token1 if is_token0 else snapshot.token0
