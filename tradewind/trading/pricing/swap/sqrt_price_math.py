"""Amounts and prices within a range of constant liquidity (whitepaper section 6.2.1).

Rounding favours the pool, as in the contract: input is rounded up, output down. Amounts are base
units, prices Q64.96 square roots.
"""

from tradewind.trading.pricing.swap.tick_math import Q96

_UINT256_MAX = (1 << 256) - 1


def divide_rounding_up(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded up; neither may be negative."""
    return -(-numerator // denominator)


def amount0_between(sqrt_a_x96: int, sqrt_b_x96: int, liquidity: int, *, round_up: bool) -> int:
    """Return the token0 that moves the price between a and b."""
    low, high = (sqrt_a_x96, sqrt_b_x96) if sqrt_a_x96 < sqrt_b_x96 else (sqrt_b_x96, sqrt_a_x96)
    numerator = (liquidity << 96) * (high - low)
    if round_up:
        return divide_rounding_up(divide_rounding_up(numerator, high), low)
    return numerator // high // low


def amount1_between(sqrt_a_x96: int, sqrt_b_x96: int, liquidity: int, *, round_up: bool) -> int:
    """Return the token1 that moves the price between a and b."""
    product = liquidity * abs(sqrt_b_x96 - sqrt_a_x96)
    return divide_rounding_up(product, Q96) if round_up else product // Q96


def next_sqrt_price_from_input(
    sqrt_price_x96: int, liquidity: int, amount_in: int, *, zero_for_one: bool
) -> int:
    """Return the price after `amount_in` without its fee, rounded towards the present price."""
    if zero_for_one:
        return _after_token0_in(sqrt_price_x96, liquidity, amount_in)
    return sqrt_price_x96 + (amount_in << 96) // liquidity


def next_sqrt_price_from_output(
    sqrt_price_x96: int, liquidity: int, amount_out: int, *, zero_for_one: bool
) -> int:
    """Return the price after the pool paid `amount_out`, which must be less than its reserve."""
    if zero_for_one:
        return sqrt_price_x96 - divide_rounding_up(amount_out << 96, liquidity)
    if amount_out == 0:
        return sqrt_price_x96
    numerator = liquidity << 96
    return divide_rounding_up(numerator * sqrt_price_x96, numerator - amount_out * sqrt_price_x96)


def _after_token0_in(sqrt_price_x96: int, liquidity: int, amount: int) -> int:
    if amount == 0:
        return sqrt_price_x96
    numerator = liquidity << 96
    product = amount * sqrt_price_x96
    if numerator + product <= _UINT256_MAX:
        return divide_rounding_up(numerator * sqrt_price_x96, numerator + product)
    # The contract falls back to this less exact form where 256 bits would overflow.
    return divide_rounding_up(numerator, numerator // sqrt_price_x96 + amount)
