"""vectorbt: `Portfolio.from_signals`, with its statistics."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import vectorbt

from loadtest.bench.backtest_peers.measuring import (
    CASH,
    FEE,
    Columns,
    Outcome,
    crosses,
    measure,
)


def prepare(columns: Columns) -> Callable[[], Outcome]:
    """Return the run."""
    # Without a time zone: with one its statistics take forty times as long.
    index = pd.to_datetime(columns.times_ms, unit="ms")
    close, opened = pd.Series(columns.close, index), pd.Series(columns.open, index)

    def run() -> Outcome:
        said = (np.concatenate(([False], one[:-1])) for one in crosses(columns.close))
        ups, downs = (pd.Series(one, index) for one in said)
        portfolio = vectorbt.Portfolio.from_signals(
            close, ups, downs, price=opened, fees=FEE, init_cash=CASH, freq="1min"
        )
        statistics = portfolio.stats()
        return Outcome(portfolio.orders.count(), statistics["End Value"])

    return run


if __name__ == "__main__":
    measure(prepare)
