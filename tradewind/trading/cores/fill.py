"""What the simulated venue makes of a planned swap when it arrives: the amounts, or a revert."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from tradewind.contracts.plans.model import RoutePath
from tradewind.trading.cores.plan_swap import PlannedSwap, SwapTerms
from tradewind.trading.pricing.swap.router import PreparedPool, Swap

PPM: Final = 1_000_000
WHOLE: Final = (1,)
"""The relative sizes of the fills of an order that is filled at once."""


class Sale(NamedTuple):
    """What is executed of a plan: always exact-in, whatever it was planned as."""

    path: RoutePath
    token_in: str
    """The address of the token that is sold."""
    amount_in: int
    min_out: int
    shares: tuple[int, ...] = ()
    """Of a `split`: what each of its pools sells, in order; they add up to `amount_in`."""

    @classmethod
    def of(cls, terms: SwapTerms, planned: PlannedSwap) -> "Sale":
        """Return what is executed of a planned swap."""
        route = planned.route
        is_split = route.path == "split"
        shares = tuple(part.amount_in for part in route.parts) if is_split else ()
        token_in = terms.token_in.address
        return cls(route.path, token_in, planned.amount_in, planned.min_out, shares)


class Revert(StrEnum):
    """Why a swap was without effect. It costs gas all the same."""

    CHOSEN = "chosen"
    """The venue reverts the swaps of this strategy."""
    NOT_TAKEN = "not_taken"
    """A pool cannot take the whole input."""
    TOO_LITTLE = "too_little"
    """It would have yielded less than `min_out`."""


class Filled(NamedTuple):
    """The result of a sale."""

    amount_out: int
    """Base units of the token bought; of a swap that is reverted what it would have yielded."""
    parts: tuple[tuple[int, int], ...]
    """Amounts in and out of each fill; they add up exactly. None of a swap that is reverted."""
    revert: Revert | None = None


def fill(
    sale: Sale,
    pools: Sequence[PreparedPool],
    *,
    price_move_ppm: int = 0,
    sizes: Sequence[int] = WHOLE,
    is_reverted: bool = False,
) -> Filled:
    """Return what a sale yields on the pools of its route as they are when it arrives.

    The price first moves by so many millionths, and the fills have these relative sizes: the venue
    draws both (`behaviour`). An order of too few base units for that is filled at once.
    """
    swapped = sell(sale, pools)
    amount_out = swapped.amount_out * (PPM + price_move_ppm) // PPM
    if is_reverted:
        return Filled(amount_out, (), Revert.CHOSEN)
    if not swapped.is_filled:
        return Filled(amount_out, (), Revert.NOT_TAKEN)
    if amount_out < sale.min_out:
        return Filled(amount_out, (), Revert.TOO_LITTLE)
    if len(sizes) == 1 or min(sale.amount_in, amount_out) < sum(sizes):
        return Filled(amount_out, ((sale.amount_in, amount_out),))
    parts = zip(split(sale.amount_in, sizes), split(amount_out, sizes), strict=True)
    return Filled(amount_out, tuple(parts))


class Sold(NamedTuple):
    """What the pools give for a sale."""

    amount_out: int
    is_filled: bool
    """False when a pool could not take its whole input."""


def sell(sale: Sale, pools: Sequence[PreparedPool]) -> Sold:
    """Return what the pools of a route, in its order, give for the whole of a sale."""
    if sale.path == "split":
        parts = zip(pools, sale.shares, strict=True)
        results = [_sell(pool, sale.token_in, amount) for pool, amount in parts]
        amount_out = sum(one.amount_out for one in results)
        return Sold(amount_out, all(one.is_filled for one in results))
    token, amount = sale.token_in, sale.amount_in
    if len(pools) == 1:
        return _sell(pools[0], token, amount)
    for pool in pools:
        amount, is_filled = _sell(pool, token, amount)
        if not is_filled:
            return Sold(amount, False)
        token0, token1 = pool.shape.token0.address, pool.shape.token1.address
        token = token1 if token == token0 else token0
    return Sold(amount, True)


def _sell(pool: PreparedPool, token: str, amount: int) -> Sold:
    """Return what one pool gives; for 0 that is 0."""
    if amount == 0:
        return Sold(0, False)
    result = pool.quote(Swap(token == pool.shape.token0.address, amount))
    return Sold(result.amount_out, result.filled)


def split(amount: int, sizes: Sequence[int]) -> list[int]:
    """Return `amount` in parts of these relative sizes; they add up to it exactly."""
    total = sum(sizes)
    edges = [amount * sum(sizes[:index]) // total for index in range(len(sizes) + 1)]
    return [end - start for start, end in pairwise(edges)]
