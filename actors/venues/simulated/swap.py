"""Swaps a step against the pools of its route with the arithmetic of the contracts."""

from collections.abc import Sequence
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.cores.fill import Sale, sell
from tradewind.trading.pricing.swap.router import PreparedPool


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


def sale_of(step: ExecutionStep) -> Sale:
    """Return what is executed of a step."""
    route = step.route
    shares = tuple(leg.amount_in for leg in route.legs) if route.path == "split" else ()
    return Sale(route.path, step.token_in, step.amount_in, step.min_out, shares)


def newest_block(pools: Sequence[PreparedPool]) -> int:
    """Return the newest block among the pools' states."""
    return max(pool.snapshot.block_number for pool in pools)


def swap(step: ExecutionStep, pools: Sequence[PreparedPool]) -> Swapped:
    """Return the result of selling `amount_in` through the pools of `route_pools` now."""
    sold = sell(sale_of(step), pools)
    return Swapped(sold.amount_out, sold.is_filled, newest_block(pools))
