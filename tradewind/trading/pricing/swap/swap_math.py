"""Computes one step of a swap: constant liquidity, up to a target price (whitepaper 6.2.3)."""

from typing import NamedTuple

from tradewind.trading.pricing.swap.sqrt_price_math import (
    amount0_between,
    amount1_between,
    divide_rounding_up,
    next_sqrt_price_from_input,
    next_sqrt_price_from_output,
)

FEE_DENOMINATOR_PIPS = 1_000_000


class SwapStep(NamedTuple):
    """The price after a step and the base units that moved; `amount_in` is without the fee."""

    sqrt_price_next_x96: int
    amount_in: int
    amount_out: int
    fee_amount: int


def swap_step_exact_in(
    sqrt_price_x96: int, target_x96: int, liquidity: int, remaining: int, fee_pips: int
) -> SwapStep:
    """Spend at most `remaining` of the input, fee included, moving at most to the target."""
    zero_for_one = sqrt_price_x96 >= target_x96
    spendable = remaining * (FEE_DENOMINATOR_PIPS - fee_pips) // FEE_DENOMINATOR_PIPS
    amount_in = _input(sqrt_price_x96, target_x96, liquidity, zero_for_one)
    if spendable >= amount_in:
        amount_out = _output(sqrt_price_x96, target_x96, liquidity, zero_for_one)
        return SwapStep(target_x96, amount_in, amount_out, _fee(amount_in, fee_pips))
    reached = next_sqrt_price_from_input(
        sqrt_price_x96, liquidity, spendable, zero_for_one=zero_for_one
    )
    if reached != target_x96:
        amount_in = _input(sqrt_price_x96, reached, liquidity, zero_for_one)
    amount_out = _output(sqrt_price_x96, reached, liquidity, zero_for_one)
    # The input that is too little to move the price further is taken as fee.
    fee = remaining - amount_in if reached != target_x96 else _fee(amount_in, fee_pips)
    return SwapStep(reached, amount_in, amount_out, fee)


def swap_step_exact_out(
    sqrt_price_x96: int, target_x96: int, liquidity: int, remaining: int, fee_pips: int
) -> SwapStep:
    """Take at most `remaining` of the output, moving at most to the target."""
    zero_for_one = sqrt_price_x96 >= target_x96
    amount_out = _output(sqrt_price_x96, target_x96, liquidity, zero_for_one)
    if remaining >= amount_out:
        reached = target_x96
    else:
        reached = next_sqrt_price_from_output(
            sqrt_price_x96, liquidity, remaining, zero_for_one=zero_for_one
        )
        if reached != target_x96:
            amount_out = _output(sqrt_price_x96, reached, liquidity, zero_for_one)
    amount_in = _input(sqrt_price_x96, reached, liquidity, zero_for_one)
    return SwapStep(reached, amount_in, min(amount_out, remaining), _fee(amount_in, fee_pips))


def _input(from_x96: int, to_x96: int, liquidity: int, zero_for_one: bool) -> int:
    amount_between = amount0_between if zero_for_one else amount1_between
    return amount_between(from_x96, to_x96, liquidity, round_up=True)


def _output(from_x96: int, to_x96: int, liquidity: int, zero_for_one: bool) -> int:
    amount_between = amount1_between if zero_for_one else amount0_between
    return amount_between(from_x96, to_x96, liquidity, round_up=False)


def _fee(amount_in: int, fee_pips: int) -> int:
    return divide_rounding_up(amount_in * fee_pips, FEE_DENOMINATOR_PIPS - fee_pips)
