"""Converts ticks to square root prices and back (Uniswap V3 whitepaper 6.1 and 6.2.1).

A square root price is sqrt(token1 per token0 in base units) as a Q64.96 fixed-point integer.
"""

import math
from decimal import Decimal
from functools import lru_cache

from tradewind.contracts.instruments.pools import MAX_TICK, MIN_TICK
from tradewind.contracts.precision import EXACT

MIN_SQRT_RATIO = 4_295_128_739
MAX_SQRT_RATIO = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342
Q96 = 1 << 96
_Q32 = 1 << 32
_Q128 = 1 << 128
_UINT256_MAX = (1 << 256) - 1
_CACHED_TICKS = 1 << 16
_LOG_SQRT_BASE = math.log(1.0001) / 2


def _powers_of_inverse_base() -> tuple[int, ...]:
    """Return 1.0001^(-2^bit / 2) as Q128.128 rounded to nearest, for bit 0 to 19."""
    factor = EXACT.divide(Decimal(1), EXACT.sqrt(Decimal("1.0001")))
    powers = []
    for _ in range(20):
        powers.append(int(EXACT.to_integral_value(EXACT.multiply(factor, Decimal(_Q128)))))
        factor = EXACT.multiply(factor, factor)
    return tuple(powers)


_POWERS = _powers_of_inverse_base()


@lru_cache(maxsize=_CACHED_TICKS)
def sqrt_ratio_at_tick(tick: int) -> int:
    """Return sqrt(1.0001^tick) as Q64.96, rounded up; ValueError outside MIN_TICK to MAX_TICK."""
    if not MIN_TICK <= tick <= MAX_TICK:
        raise ValueError(f"tick must be between {MIN_TICK} and {MAX_TICK}, not {tick}")
    ratio = _Q128
    for bit, power in enumerate(_POWERS):
        if abs(tick) >> bit & 1:
            ratio = ratio * power >> 128
    if tick > 0:
        ratio = _UINT256_MAX // ratio
    return -(-ratio // _Q32)


def tick_at_sqrt_ratio(sqrt_ratio_x96: int) -> int:
    """Return the greatest tick whose ratio is at most this one.

    ValueError outside MIN_SQRT_RATIO (included) to MAX_SQRT_RATIO (excluded).
    """
    if not MIN_SQRT_RATIO <= sqrt_ratio_x96 < MAX_SQRT_RATIO:
        raise ValueError("sqrt price is outside the range of ticks")
    guess = math.floor((math.log(sqrt_ratio_x96) - 96 * math.log(2)) / _LOG_SQRT_BASE)
    tick = min(max(guess, MIN_TICK), MAX_TICK - 1)
    while sqrt_ratio_at_tick(tick) > sqrt_ratio_x96:
        tick -= 1
    while sqrt_ratio_at_tick(tick + 1) <= sqrt_ratio_x96:
        tick += 1
    return tick
