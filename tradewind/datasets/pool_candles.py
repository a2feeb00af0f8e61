"""Candles of the price that a pair's pools had, for strategies over events of pools."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tradewind.contracts.instruments.assets import Asset
from tradewind.datasets.columns import Candles, Integers, PoolPast

DIGITS: Final = 15
"""Of the first price; four are left for prices that rise."""
MAX_DECIMALS: Final = 18
LARGEST: Final = 2**62


def pool_candles(
    instrument: str,
    base: Asset,
    pasts: Sequence[PoolPast],
    period_ms: tuple[int, int],
    interval_ms: int,
) -> Candles:
    """Return the candles that open and close in a period, each of the pool that is deepest then.

    A candle's price at a moment is that of the last block before it; without a swap it stays as it
    was, so there is a candle for each interval from the first state on. There is no volume.
    """
    first = -(-period_ms[0] // interval_ms) * interval_ms
    grid = np.arange(first, period_ms[1] - interval_ms + 1, interval_ms, dtype=np.int64)
    begun = min(int(one.times_ms[0]) for one in pasts)
    opens = grid[np.searchsorted(grid, begun) :]
    decimals = _decimals(pasts[0], base)
    found = [_prices(one, base, decimals, opens, interval_ms) for one in pasts]
    depths = np.array([depth for depth, _ in found])
    deepest = np.argmax(depths, axis=0) if len(opens) else np.zeros(0, np.int64)
    places = np.arange(len(opens))
    rows = np.array([rows for _, rows in found])[deepest, :, places]
    opened, high, low, close = (np.ascontiguousarray(rows[:, place]) for place in range(4))
    return Candles(
        instrument=instrument,
        interval_ms=interval_ms,
        price_decimals=decimals,
        open_times_ms=opens,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=np.zeros(len(opens)),
    )


def _prices(
    past: PoolPast, base: Asset, decimals: int, opens: Integers, interval_ms: int
) -> tuple[NDArray[np.float64], Integers]:
    """Return a pool's liquidity at each opening, -1 before its first state, and its four prices."""
    prices = np.array(
        [_price(past, base, root, decimals) for root in past.sqrt_prices_x96], np.int64
    )
    at_open = np.searchsorted(past.times_ms, opens, side="right") - 1
    at_close = np.searchsorted(past.times_ms, opens + interval_ms, side="left") - 1
    liquidity = np.array([float(one) for one in past.liquidity])
    depth = np.where(at_open >= 0, liquidity[np.maximum(at_open, 0)], -1.0)
    start, end = np.maximum(at_open, 0), np.maximum(at_close, 0)
    rows = np.array([prices[start], prices[start], prices[start], prices[end]])
    for place in np.flatnonzero(end > start).tolist():
        within = prices[start[place] : end[place] + 1]
        rows[1, place], rows[2, place] = within.max(), within.min()
    return depth, rows


def _price(past: PoolPast, base: Asset, root_x96: int, decimals: int) -> int:
    """Return quote for a unit of base, times ten to the power of the decimals."""
    pool = past.pool
    quote = pool.token1 if pool.token0 == base else pool.token0
    up, down = root_x96 * root_x96, 1 << 192
    if pool.token0 != base:
        up, down = down, up
    exponent = decimals + base.decimals - quote.decimals
    scale: int = 10 ** abs(exponent)
    price = up * scale // down if exponent >= 0 else up // (down * scale)
    return min(max(price, 1), LARGEST)


def _decimals(past: PoolPast, base: Asset) -> int:
    """Return how many decimals the first price of a pool is kept with."""
    whole = _price(past, base, past.sqrt_prices_x96[0], 0)
    return min(max(DIGITS - len(str(whole)), 0), MAX_DECIMALS)
