"""Chooses the pool of a swap and what it has to yield, on integers.

It decides as the planner does (`cores.plan_swap`): the cheapest pool net of gas. Where several
pools together could be better, the planner's own search is asked. A test holds the two equal.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isqrt
from typing import Final, NamedTuple

from tradewind.contracts.instruments.pools import MAX_TICK
from tradewind.simulation.markets.pools import (
    AMOUNT_IN,
    AMOUNT_OUT,
    FILLED,
    SQRT_PRICE_AFTER,
    PoolSet,
    Quote,
    gas_of,
)
from tradewind.trading.pricing.swap.swap_math import FEE_DENOMINATOR_PIPS

assert MAX_TICK
FRACTION_BITS: Final = 64
SLIPPAGE_UNIT: Final = 10**36


class Gas(NamedTuple):
    """What a unit of gas costs, as a fraction of a base unit of quote."""

    numerator: int
    denominator: int

    def cost(self, units: int) -> int:
        """Return the cost in base units of quote, rounded up."""
        return -(-units * self.numerator // self.denominator)


class Chosen(NamedTuple):
    """The best single pool for a swap."""

    place: int
    amount_in: int
    amount_out: int
    gas_used: int
    is_beaten: bool
    """Whether several pools together might do better."""


def best_exact_in(
    pools: PoolSet, *, zero_for_one: bool, amount: int, gas: Gas | None
) -> Chosen | None:
    """Return the pool that pays most for `amount`; None when none can take all of it.

    `gas` is in units of the output, None where the output is not quote and gas is left out.
    """
    best: tuple[int, int, Quote] | None = None
    for place, pool in enumerate(pools.pools):
        quote = pool.quote(zero_for_one, amount)
        if not quote[FILLED]:
            continue
        value = quote[AMOUNT_OUT]
        if gas is not None:
            value = value * gas.denominator - gas_of(quote) * gas.numerator
        if best is None or value > best[0]:
            best = value, place, quote
    return _chosen(pools, best, zero_for_one)


def best_exact_out(pools: PoolSet, *, zero_for_one: bool, amount: int, gas: Gas) -> Chosen | None:
    """Return the pool that asks least for `amount`; None when none can pay all of it.

    `gas` is in units of the input.
    """
    best: tuple[int, int, Quote] | None = None
    for place, pool in enumerate(pools.pools):
        quote = pool.quote(zero_for_one, amount, True)
        if not quote[FILLED]:
            continue
        value = quote[AMOUNT_IN] * gas.denominator + gas_of(quote) * gas.numerator
        if best is None or value < best[0]:
            best = value, place, quote
    return _chosen(pools, best, zero_for_one)


def minimum_out(expected: int, slippage: int) -> int:
    """Return what a swap must yield, rounded up; `slippage` is in 10**-36."""
    return -(-expected * (SLIPPAGE_UNIT - slippage) // SLIPPAGE_UNIT)


def _chosen(
    pools: PoolSet, best: tuple[int, int, Quote] | None, zero_for_one: bool
) -> Chosen | None:
    if best is None:
        return None
    _, place, quote = best
    beaten = len(pools.pools) > 1 and _is_beaten(pools, place, quote, zero_for_one)
    return Chosen(place, quote[AMOUNT_IN], quote[AMOUNT_OUT], gas_of(quote), beaten)


def _is_beaten(pools: PoolSet, place: int, quote: Quote, zero_for_one: bool) -> bool:
    """Return whether another pool's price is better than the chosen one's after the swap.

    The planner's search for splits asks the same: until then no part of the swap gains elsewhere.
    """
    kept = [_kept(read.fee_pips) for read in pools.reads]
    now = [
        _reach(read.sqrt_price_x96, kept[index], zero_for_one)
        for index, read in enumerate(pools.reads)
    ]
    end = _reach(quote[SQRT_PRICE_AFTER], kept[place], zero_for_one)
    return any(
        (one > end if zero_for_one else one < end)
        for index, one in enumerate(now)
        if index != place
    )


@lru_cache(maxsize=256)
def _kept(fee_pips: int) -> int:
    """Return the square root of the part of an input that the fee leaves, a 64-bit fraction."""
    left = FEE_DENOMINATOR_PIPS - fee_pips
    return isqrt((left << 2 * FRACTION_BITS) // FEE_DENOMINATOR_PIPS)


def _reach(sqrt_price_x96: int, kept: int, zero_for_one: bool) -> int:
    if zero_for_one:
        return sqrt_price_x96 * kept
    return (sqrt_price_x96 << 2 * FRACTION_BITS) // kept


def shares_of(amounts: Sequence[int]) -> tuple[int, ...]:
    """Return the amounts as they are kept in a record."""
    return tuple(amounts)
