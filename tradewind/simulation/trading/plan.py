"""Chooses the pool of a swap and what it has to yield, on integers.

It decides as the planner does (`cores.plan_swap`): the cheapest pool net of gas. Where several
pools together could be better, the planner's own search is asked. A test holds the two equal.
"""

from functools import lru_cache
from math import isqrt
from typing import Final, NamedTuple

from tradewind.simulation.markets.pools import (
    AMOUNT_IN,
    AMOUNT_OUT,
    FILLED,
    SQRT_PRICE_AFTER,
    PoolSet,
    Quote,
    gas_of,
)
from tradewind.simulation.records import new
from tradewind.trading.pricing.swap.router import BASE_SWAP_GAS
from tradewind.trading.pricing.swap.swap_math import FEE_DENOMINATOR_PIPS

FRACTION_BITS: Final = 64
SLIPPAGE_UNIT: Final = 10**36


class Gas(NamedTuple):
    """What a unit of gas costs, as a fraction of a base unit of quote."""

    numerator: int
    denominator: int

    def cost(self, units: int) -> int:
        """Return the cost in base units of quote, rounded up."""
        return -(-units * self.numerator // self.denominator)


NO_GAS: Final = Gas(0, 1)


class Chosen(NamedTuple):
    """The best single pool for a swap."""

    place: int
    amount_in: int
    amount_out: int
    gas_used: int
    is_beaten: bool
    """Whether several pools together might do better."""
    sqrt_price_after_x96: int = 0
    """Where it leaves the price of its pool."""


def best_exact_in(pools: PoolSet, *, zero_for_one: bool, amount: int, gas: Gas) -> Chosen | None:
    """Return the pool that pays most for `amount`; None when none can take all of it.

    `gas` is in units of the output.
    """
    return _chosen(pools, _most_out(pools, zero_for_one, amount, gas), zero_for_one)


def most_out(pools: PoolSet, *, zero_for_one: bool, amount: int) -> int:
    """Return what the best pool pays for `amount`, whatever gas costs; 0 when none takes all."""
    best = _most_out(pools, zero_for_one, amount, NO_GAS)
    return 0 if best is None else best[2][AMOUNT_OUT]


def _most_out(
    pools: PoolSet, zero_for_one: bool, amount: int, gas: Gas
) -> tuple[int, int, Quote] | None:
    """Return the value, the place and the quote of the pool that pays most.

    A pool is not asked that could not pay more if it had no end of liquidity; nor is one of the
    same price that is dearer than such a pool.
    """
    best: tuple[int, int, Quote] | None = None
    numerator, denominator = gas
    known, bare, dear = 0, 0, FEE_DENOMINATOR_PIPS
    for place, fee_pips in enumerate(pools.fees):
        if best is not None:
            root = pools.roots[place]
            if root != known:
                known, bare = root, worth(amount, root, zero_for_one) + 1
                dear = FEE_DENOMINATOR_PIPS
            elif fee_pips >= dear:
                continue
            most = bare * (FEE_DENOMINATOR_PIPS - fee_pips) // FEE_DENOMINATOR_PIPS + 1
            if most * denominator - BASE_SWAP_GAS * numerator <= best[0]:
                dear = fee_pips
                continue
        quote = pools.pool(place).quote(zero_for_one, amount)
        if not quote[FILLED]:
            continue
        value = quote[AMOUNT_OUT] * denominator - gas_of(quote) * numerator
        if best is None or value > best[0]:
            best = value, place, quote
    return best


def best_exact_out(pools: PoolSet, *, zero_for_one: bool, amount: int, gas: Gas) -> Chosen | None:
    """Return the pool that asks least for `amount`; None when none can pay all of it.

    `gas` is in units of the input. A pool is not asked that could not ask less if it had no end of
    liquidity.
    """
    best: tuple[int, int, Quote] | None = None
    numerator, denominator = gas
    known, bare, dear = 0, 0, FEE_DENOMINATOR_PIPS
    for place, fee_pips in enumerate(pools.fees):
        if best is not None:
            root = pools.roots[place]
            if root != known:
                known, bare = root, worth(amount, root, not zero_for_one)
                dear = FEE_DENOMINATOR_PIPS
            elif fee_pips >= dear:
                continue
            least = bare * FEE_DENOMINATOR_PIPS // (FEE_DENOMINATOR_PIPS - fee_pips)
            if least * denominator + BASE_SWAP_GAS * numerator >= best[0]:
                dear = fee_pips
                continue
        quote = pools.pool(place).quote(zero_for_one, amount, True)
        if not quote[FILLED]:
            continue
        value = quote[AMOUNT_IN] * denominator + gas_of(quote) * numerator
        if best is None or value < best[0]:
            best = value, place, quote
    return _chosen(pools, best, zero_for_one)


def worth(amount: int, sqrt_price_x96: int, zero_for_one: bool) -> int:
    """Return what an amount of the token sold is worth in the other at a price, rounded down."""
    if zero_for_one:
        return amount * sqrt_price_x96 * sqrt_price_x96 >> 192
    return (amount << 192) // (sqrt_price_x96 * sqrt_price_x96)


def minimum_out(expected: int, slippage: int) -> int:
    """Return what a swap must yield, rounded up; `slippage` is in 10**-36."""
    return -(-expected * (SLIPPAGE_UNIT - slippage) // SLIPPAGE_UNIT)


def _chosen(
    pools: PoolSet, best: tuple[int, int, Quote] | None, zero_for_one: bool
) -> Chosen | None:
    if best is None:
        return None
    _, place, quote = best
    beaten = len(pools.fees) > 1 and _is_beaten(pools, place, quote, zero_for_one)
    values = place, quote[AMOUNT_IN], quote[AMOUNT_OUT], gas_of(quote), beaten
    return new(Chosen, (*values, quote[SQRT_PRICE_AFTER]))


def _is_beaten(pools: PoolSet, place: int, quote: Quote, zero_for_one: bool) -> bool:
    """Return whether another pool's price, fee included, is better than the chosen one's after it.

    The planner's search for splits asks the same: until then no part of the swap gains elsewhere.
    """
    parts, after = kept_of_fees(pools.fees), quote[SQRT_PRICE_AFTER]
    kept = parts[place]
    for index, root in enumerate(pools.roots):
        if index == place:
            continue
        other = parts[index]
        if root * other > after * kept if zero_for_one else root * kept < after * other:
            return True
    return False


@lru_cache(maxsize=256)
def kept_of_fees(fees: tuple[int, ...]) -> list[int]:
    """Return the square roots of the parts of an input that fees leave, 64-bit fractions."""
    left = (FEE_DENOMINATOR_PIPS - fee_pips for fee_pips in fees)
    return [isqrt((one << 2 * FRACTION_BITS) // FEE_DENOMINATOR_PIPS) for one in left]
