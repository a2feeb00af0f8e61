"""What trades come to, over whole columns at once: exactly what `profit.profits` says of each.

Numbers are int64 and products are not: what would not fit is refused, and taken one by one instead.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.simulation.whatif.folded import MS_A_DAY
from tradewind.simulation.whatif.profit import WORTH, Profits
from tradewind.simulation.whatif.rows import Column, Flags

MOST: Final = 2.0**60
"""Results, and sums of what is added up, are smaller."""
MOST_PRODUCT: Final = 2.0**110
"""A product is smaller: then the remainder of its estimated quotient fits into 64 bits."""


class DoesNotFit(ArithmeticError):
    """A number may be larger than a column holds."""


class Trades(NamedTuple):
    """Trades in order of time, as in `profit.Trade`: a column for each of its fields."""

    time_ms: Column
    instrument: Column
    bought: Column
    paid: Column
    price: Column
    happened: Flags
    would_happen: Flags


def quotients(factor: Column, other: Column, divisor: Column) -> Column:
    """Return `factor * other // divisor` of each; the divisors are above zero. DoesNotFit.

    The quotient is estimated in floating point. What is left of the product, which is small, is
    right although the product overflows, as both are taken modulo 2**64; it corrects the estimate.
    """
    product = factor.astype(np.float64) * other.astype(np.float64)
    estimate = product / divisor.astype(np.float64)
    too_much = max(
        _largest(product) / MOST_PRODUCT, _largest(estimate) / MOST, _largest(divisor) / MOST
    )
    if too_much >= 1:
        raise DoesNotFit
    quotient = np.rint(estimate).astype(np.int64)
    with np.errstate(over="ignore"):
        left = factor * other - quotient * divisor
    return np.asarray(quotient + left // divisor, np.int64)


def profits_of(trades: Trades) -> Profits:
    """Return what trades come to, before and after. DoesNotFit."""
    if not len(trades.time_ms):
        return Profits(0, 0, 0, 0, {})
    groups = _Groups(trades.instrument)
    before = _curve(trades, groups, trades.happened)
    after = _curve(trades, groups, trades.would_happen)
    return Profits(
        int(before[-1]), int(after[-1]), _fall(before), _fall(after),
        _by_day(trades.time_ms // MS_A_DAY, after - before),
    )  # fmt: skip


class _Groups:
    """The rows of each instrument, one instrument after the other."""

    def __init__(self, instrument: Column) -> None:
        self.order = np.argsort(instrument, kind="stable")
        sorted_ = instrument[self.order]
        begins = np.concatenate([[True], sorted_[1:] != sorted_[:-1]])
        self.starts = np.flatnonzero(begins)
        self._of_row = np.cumsum(begins) - 1

    def sums(self, values: Column) -> Column:
        """Return the running sums of each group of sorted values."""
        total = np.cumsum(values)
        return np.asarray(total - (total - values)[self.starts][self._of_row], np.int64)

    def changes(self, values: Column) -> Column:
        """Return by how much each of the sorted values differs from the one before in its group."""
        changed = np.diff(values, prepend=np.int64(0))
        changed[self.starts] = values[self.starts]
        return changed


def _curve(trades: Trades, groups: _Groups, happens: Flags) -> Column:
    """Return the profit after each trade: cash, and what was bought at its last price."""
    bought, paid = (np.where(happens, one, 0) for one in (trades.bought, trades.paid))
    _check_sum(bought)
    _check_sum(paid)
    quantity = groups.sums(bought[groups.order])
    price = trades.price[groups.order]
    changed = groups.changes(quotients(quantity, price, np.full(len(price), WORTH)))
    _check_sum(changed)
    worth = np.empty_like(changed)
    worth[groups.order] = changed
    return np.cumsum(worth - paid)


def _fall(profit: Column) -> int:
    """Return the deepest fall from a peak; the first one is nothing at all."""
    return int((np.maximum(np.maximum.accumulate(profit), 0) - profit).max(initial=0))


def _by_day(days: Column, difference: Column) -> dict[int, int]:
    last = np.flatnonzero(np.diff(days, append=days[-1] + 1))
    changed = np.diff(difference[last], prepend=np.int64(0))
    told = zip(days[last].tolist(), changed.tolist(), strict=True)
    return {day: amount for day, amount in told if amount}


def _largest(values: NDArray[Any]) -> float:
    return float(np.abs(values.astype(np.float64)).max(initial=0))


def _check_sum(values: Column) -> None:
    if float(np.abs(values.astype(np.float64)).sum()) >= MOST:
        raise DoesNotFit
