"""Pools of real tokens at any price and of any depth, honest ones and those of an attacker."""

from datetime import datetime
from decimal import Decimal

from tests.support.factories import BLOCK_NUMBER, NOW
from tests.unit.pricing.pools import SPACINGS
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot, TickLiquidity
from tradewind.trading.pricing.pools.tradable_depth import tradable_depth
from tradewind.trading.pricing.swap.tick_math import Q96, sqrt_ratio_at_tick, tick_at_sqrt_ratio

_SOME_LIQUIDITY = 10**24


def pool_at(
    base: Asset,
    other: Asset,
    price: Decimal,
    depth: Decimal,
    *,
    number: int = 1,
    fee_pips: int = 3_000,
    block_time: datetime = NOW,
) -> PoolSnapshot:
    """Return a pool of one position on both sides of `price`, which is `other` per whole base.

    `depth` is how much `other` it can trade within 2 % of that.
    """
    sqrt_price_x96 = _sqrt_price(base, other, price)
    spacing = SPACINGS[fee_pips]
    centre = tick_at_sqrt_ratio(sqrt_price_x96) // spacing * spacing
    reach = 3_000 // spacing * spacing
    bounds = (centre - reach, centre + reach)
    some = _pool(base, other, sqrt_price_x96, bounds, _SOME_LIQUIDITY, number, fee_pips, block_time)
    liquidity = int(_SOME_LIQUIDITY * depth / tradable_depth(some, other))
    return _pool(base, other, sqrt_price_x96, bounds, liquidity, number, fee_pips, block_time)


def standing_offer(
    base: Asset, other: Asset, tick: int, paid: int, *, number: int = 1
) -> PoolSnapshot:
    """Return a pool that only buys base, one tick wide, with `paid` base units of `other`.

    `tick` is of the price of token0, at whose edge on base's cheap side the pool stands.
    """
    is_token0 = int(base.address, 16) < int(other.address, 16)
    lower, upper = (tick - 1, tick) if is_token0 else (tick, tick + 1)
    low_x96, high_x96 = sqrt_ratio_at_tick(lower), sqrt_ratio_at_tick(upper)
    if is_token0:
        liquidity = (paid << 96) // (high_x96 - low_x96)
    else:
        liquidity = paid * low_x96 * high_x96 // ((high_x96 - low_x96) << 96)
    price_x96 = high_x96 if is_token0 else low_x96
    # A price that fell exactly to the upper tick has not crossed it, so its liquidity counts.
    pool = _pool(base, other, price_x96, (lower, upper), liquidity, number, 100, NOW)
    return pool.model_copy(update={"tick": lower, "liquidity": liquidity})


def _sqrt_price(base: Asset, other: Asset, price: Decimal) -> int:
    is_token0 = int(base.address, 16) < int(other.address, 16)
    ratio = price.scaleb(other.decimals - base.decimals)
    return int((ratio if is_token0 else 1 / ratio).sqrt() * Q96)


def _pool(
    base: Asset,
    other: Asset,
    sqrt_price_x96: int,
    bounds: tuple[int, int],
    liquidity: int,
    number: int,
    fee_pips: int,
    block_time: datetime,
) -> PoolSnapshot:
    token0, token1 = sorted((base, other), key=lambda token: int(token.address, 16))
    lower, upper = bounds
    tick = tick_at_sqrt_ratio(sqrt_price_x96)
    return PoolSnapshot(
        chain=base.chain,
        pool=f"0x{number:040x}",
        token0=token0,
        token1=token1,
        fee_pips=fee_pips,
        tick_spacing=SPACINGS[fee_pips],
        sqrt_price_x96=sqrt_price_x96,
        tick=tick,
        liquidity=liquidity if lower <= tick < upper else 0,
        ticks=(
            TickLiquidity(index=lower, liquidity_net=str(liquidity)),
            TickLiquidity(index=upper, liquidity_net=str(-liquidity)),
        ),
        block_number=BLOCK_NUMBER,
        block_time=block_time,
    )
