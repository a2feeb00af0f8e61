"""Measures how much a pool can really trade near its price."""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot, TickLiquidity
from tradewind.contracts.precision import PRICE
from tradewind.trading.pricing.swap.sqrt_price_math import amount0_between, amount1_between
from tradewind.trading.pricing.swap.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    sqrt_ratio_at_tick,
)

REACH_NUMERATOR, REACH_DENOMINATOR = 101, 100
"""The square root of the price goes this far, so the price itself moves by about 2 %."""

_Range = tuple[int, int, int]
"""Two square roots of the price, and the liquidity between them."""


def tradable_depth(snapshot: PoolSnapshot, token: Asset) -> Decimal:
    """Return the whole `token` that a swap moves until the price has moved 2 %, before fees.

    It is the smaller of the two directions. A pool that only buys, or only sells, has none: such a
    position can stand at any price, as nobody gains by correcting it. In a pool of both, whoever
    sets a wrong price offers this amount to everybody who knows the right one.
    """
    price_x96, ticks = snapshot.sqrt_price_x96, snapshot.ticks
    place = bisect_right(ticks, snapshot.tick, key=_index)
    above_x96 = min(price_x96 * REACH_NUMERATOR // REACH_DENOMINATOR, MAX_SQRT_RATIO - 1)
    below_x96 = max(price_x96 * REACH_DENOMINATOR // REACH_NUMERATOR, MIN_SQRT_RATIO)
    rising = _ranges(snapshot, range(place, len(ticks)), above_x96)
    falling = _ranges(snapshot, range(place - 1, -1, -1), below_x96)
    if token.address == snapshot.token0.address:
        base_units = min(_token0_of(rising), _token0_of(falling))
    else:
        base_units = min(_token1_of(rising), _token1_of(falling))
    return Decimal(base_units).scaleb(-token.decimals, context=PRICE)


def _index(tick: TickLiquidity) -> int:
    return tick.index


def _ranges(snapshot: PoolSnapshot, places: range, end_x96: int) -> list[_Range]:
    """Return the ranges from the price to the end; `places` are the ticks in that direction."""
    start_x96, liquidity, ticks = snapshot.sqrt_price_x96, snapshot.liquidity, snapshot.ticks
    ranges = []
    for place in places:
        tick = ticks[place]
        edge_x96 = sqrt_ratio_at_tick(tick.index)
        if (edge_x96 - end_x96) * places.step >= 0:
            break
        ranges.append((start_x96, edge_x96, liquidity))
        start_x96, liquidity = edge_x96, liquidity + int(tick.liquidity_net) * places.step
    ranges.append((start_x96, end_x96, liquidity))
    return ranges


def _token0_of(ranges: Sequence[_Range]) -> int:
    return sum(amount0_between(*one, round_up=False) for one in ranges)


def _token1_of(ranges: Sequence[_Range]) -> int:
    return sum(amount1_between(*one, round_up=False) for one in ranges)
