"""Holds a step against what risk approved; the planner asks, and signing asks again."""

from typing import Protocol

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.plans.model import ExecutionStep


class SpendingBounds(Protocol):
    """The bounds that intent.accepted sets and plan.created repeats; None bounds nothing."""

    @property
    def max_amount_in(self) -> int | None:
        """The most that may be paid, in base units of the token sold."""
        ...

    @property
    def min_amount_out(self) -> int | None:
        """The least that the quote may yield, in base units of the token bought."""
        ...


def is_within(most: int | None, least: int | None, paid: int, received: int) -> bool:
    """Return whether a swap pays at most this and yields at least that; None bounds nothing."""
    return (most is None or paid <= most) and (least is None or received >= least)


def excess_of(bounds: SpendingBounds, step: ExecutionStep) -> str:
    """Return by what a step exceeds its bounds; empty when it keeps them."""
    is_acquire = step.token_in == step.quote.address
    sold, bought = (step.quote, step.base) if is_acquire else (step.base, step.quote)
    paid, most = step.amount_in, bounds.max_amount_in
    if most is not None and not is_within(most, None, paid, 0):
        return (
            f"{from_base_units(paid, sold.decimals):f} {sold.symbol} would be paid, "
            f"{from_base_units(most, sold.decimals):f} are allowed"
        )
    received, least = step.route.amount_out, bounds.min_amount_out
    if least is not None and not is_within(None, least, 0, received):
        return (
            f"{from_base_units(received, bought.decimals):f} {bought.symbol} would be received, "
            f"{from_base_units(least, bought.decimals):f} are asked for"
        )
    return ""
