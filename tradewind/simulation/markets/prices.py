"""Prices as pools have them, and what depth means for their liquidity. Integers only."""

from functools import lru_cache
from math import isqrt
from typing import Final

from tradewind.simulation.records import Pair
from tradewind.trading.pricing.swap.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    Q96,
    tick_at_sqrt_ratio,
)

REACH: Final = 4_987_562_112_089_027
"""sqrt(1.01) - 1, in 10**-18: how far the square root goes when the price rises by 1 %."""
REACH_UNIT: Final = 10**18
DEFAULT_SPACINGS: Final = {100: 1, 500: 10, 3_000: 60, 10_000: 200}
PIPS_A_SPACING: Final = 50
MAX_SPACING: Final = 16_383


def sqrt_price_of(price: int, price_decimals: int, pair: Pair) -> int:
    """Return the square root price, Q64.96, at `price` / 10**price_decimals quote per whole base.

    ValueError where no pool can have such a price.
    """
    quote_units, base_units = units_of(price_decimals, pair)
    quote_units *= price
    if pair.is_base_token0:
        root = isqrt((quote_units << 192) // base_units)
    else:
        root = isqrt((base_units << 192) // quote_units)
    if not MIN_SQRT_RATIO < root < MAX_SQRT_RATIO - 1:
        raise ValueError(f"no pool has a price of {price} / 10^{price_decimals}")
    return root


def units_of(price_decimals: int, pair: Pair) -> tuple[int, int]:
    """Return the base units of quote and of base that a price of 1 / 10**price_decimals swaps."""
    known = pair.units.get(price_decimals)
    if known is None:
        base_units: int = 10 ** (price_decimals + pair.base.decimals)
        known = pair.units[price_decimals] = 10**pair.quote.decimals, base_units
    return known


@lru_cache(maxsize=4_096)
def tick_of(sqrt_price_x96: int) -> int:
    """Return the tick of a price."""
    return tick_at_sqrt_ratio(sqrt_price_x96)


def liquidity_of_depth(depth: int, sqrt_price_x96: int, pair: Pair) -> int:
    """Return the liquidity of which `depth` base units of quote buy the base up by 1 %."""
    if pair.is_base_token0:
        return depth * REACH_UNIT * Q96 // (sqrt_price_x96 * REACH)
    return depth * REACH_UNIT * sqrt_price_x96 // (Q96 * REACH)


def quote_worth(amount: int, sqrt_price_x96: int, pair: Pair) -> int:
    """Return what base units of base are worth at the mid price, in base units of quote."""
    if pair.is_base_token0:
        return amount * sqrt_price_x96 * sqrt_price_x96 >> 192
    return (amount << 192) // (sqrt_price_x96 * sqrt_price_x96)


def spacing_of(fee_pips: int) -> int:
    """Return the spacing of a fee tier: Uniswap's own, and in proportion for others."""
    return DEFAULT_SPACINGS.get(fee_pips) or min(max(fee_pips // PIPS_A_SPACING, 1), MAX_SPACING)
