"""backtesting.py, in parts of a coin as it would else trade whole ones only."""

import warnings
from collections.abc import Callable
from typing import Final

import pandas as pd
import talib
from backtesting import Strategy
from backtesting.lib import FractionalBacktest, crossover

from loadtest.bench.backtest_peers.measuring import (
    CASH,
    FAST,
    FEE,
    SLOW,
    Columns,
    Outcome,
    measure,
)

PART: Final = 1e-12


def prepare(columns: Columns) -> Callable[[], Outcome]:
    """Return the run."""
    warnings.simplefilter("ignore")
    index = pd.to_datetime(columns.times_ms, unit="ms")
    _, opened, high, low, close = columns
    frame = pd.DataFrame(
        {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": 1.0}, index
    )

    class EmaCross(Strategy):
        def init(self) -> None:
            self.fast, self.slow = (self.I(talib.EMA, close, one) for one in (FAST, SLOW))

        def next(self) -> None:
            # At the first bar of both there is no cross yet, and `ema_cross` begins with what is.
            is_first = len(self.data) == SLOW + 1 and self.fast[-1] > self.slow[-1]
            if is_first or crossover(self.fast, self.slow):
                self.buy()
            elif crossover(self.slow, self.fast):
                self.position.close()

    def run() -> Outcome:
        tool = FractionalBacktest(frame, EmaCross, cash=CASH, commission=FEE, fractional_unit=PART)
        found = tool.run()
        trades = found["_trades"]
        # A trade is two orders; the one that is still open is none of them.
        return Outcome(2 * len(trades), found["Equity Final [$]"])

    return run


if __name__ == "__main__":
    measure(prepare)
