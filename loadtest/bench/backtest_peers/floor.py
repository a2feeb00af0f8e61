"""A loop of numba without orders, log or statistics: what no tool can be below."""

from collections.abc import Callable
from os import environ
from typing import Final

import numba
import numpy as np

from loadtest.bench.backtest_peers.measuring import (
    CASH,
    FEE,
    Columns,
    Floats,
    Outcome,
    crosses,
    measure,
)

IS_FEE_WITHIN: Final = environ.get("FEE_WITHIN") == "1"
"""Whether the fee is taken out of what is paid, as a pool does, and not put on top of it: in whole
base units, to the disadvantage of who trades."""
UNITS: Final = 1e6


def prepare(columns: Columns) -> Callable[[], Outcome]:
    """Return the run."""

    def run() -> Outcome:
        ups, downs = crosses(columns.close)
        sides = ups.astype(np.int8) - downs.astype(np.int8)
        orders, equity = _trade(columns.open, columns.close, sides, IS_FEE_WITHIN)
        return Outcome(orders, equity)

    return run


@numba.njit(cache=False)
def _trade(opens: Floats, closes: Floats, sides: Floats, is_fee_within: bool) -> tuple[int, float]:
    cash, held, orders = CASH, 0.0, 0
    for bar in range(1, len(opens)):
        price = opens[bar]
        if sides[bar - 1] > 0 and held == 0.0:
            if is_fee_within:
                held = (cash - np.ceil(cash * FEE * UNITS) / UNITS) / price
            else:
                held = cash / (price * (1 + FEE))
            cash = 0.0
            orders += 1
        elif sides[bar - 1] < 0 and held > 0.0:
            cash = held * price * (1 - FEE)
            if is_fee_within:
                cash = np.floor(cash * UNITS) / UNITS
            held = 0.0
            orders += 1
    return orders, cash + held * closes[-1]


if __name__ == "__main__":
    measure(prepare)
