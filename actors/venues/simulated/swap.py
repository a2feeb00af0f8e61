"""Swaps a step against the pools of its route with the arithmetic of the contracts."""

from collections.abc import Sequence
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.pricing.swap.router import PreparedPool, Swap


class Swapped(NamedTuple):
    """The result of a swap."""

    amount_out: int
    """Base units of `token_out`."""
    is_filled: bool
    """False when a pool could not take its whole input."""
    block_number: int
    """The newest block among the pools' states."""


def route_pools(step: ExecutionStep) -> tuple[Address, ...]:
    """Return the pools a step needs, in order. ValueError when the legs do not make up the step."""
    route = step.route
    if route.path == "direct":
        return (route.pool,)
    if route.path == "split":
        pairs = {(leg.token_in, leg.token_out) for leg in route.legs}
        is_whole = sum(leg.amount_in for leg in route.legs) == step.amount_in
        if pairs != {(step.token_in, step.token_out)} or not is_whole:
            raise ValueError("legs: must make up the amount of the step")
    else:
        tokens = [step.token_in, *(leg.token_out for leg in route.legs)]
        if tokens != [*(leg.token_in for leg in route.legs), step.token_out]:
            raise ValueError("legs: must lead from the step's token to the other")
    return tuple(leg.pool for leg in route.legs)


def swap(step: ExecutionStep, pools: Sequence[PreparedPool]) -> Swapped:
    """Return the result of selling `amount_in` through the pools of `route_pools` now."""
    block_number = max(pool.snapshot.block_number for pool in pools)
    if step.route.path == "split":
        sales = zip(pools, (leg.amount_in for leg in step.route.legs), strict=True)
        results = [_sell(pool, step.token_in, amount) for pool, amount in sales]
        amount_out = sum(amount for amount, _ in results)
        return Swapped(amount_out, all(is_filled for _, is_filled in results), block_number)
    token, amount = step.token_in, step.amount_in
    for pool in pools:
        amount, is_filled = _sell(pool, token, amount)
        if not is_filled:
            return Swapped(amount, False, block_number)
        snapshot = pool.snapshot
        is_token0 = token == snapshot.token0.address
        token = (snapshot.token1 if is_token0 else snapshot.token0).address
    return Swapped(amount, True, block_number)


def _sell(pool: PreparedPool, token: Address, amount: int) -> tuple[int, bool]:
    """Return the amount out, and whether the pool took the whole input; 0 gives 0."""
    if amount == 0:
        return 0, False
    result = pool.quote(Swap(token == pool.snapshot.token0.address, amount))
    return result.amount_out, result.filled
