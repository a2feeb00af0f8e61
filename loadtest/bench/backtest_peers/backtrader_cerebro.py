"""backtrader. Its order of all there is fails by the fee, so it is given 99.9 %."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import backtrader

from loadtest.bench.backtest_peers.measuring import (
    CASH,
    FAST,
    FEE,
    SLOW,
    Columns,
    Outcome,
    measure,
)

SHARE_PERCENT: Final = 99.9
START: Final = datetime(2024, 1, 1)


class EmaCross(backtrader.Strategy):
    """Buys and sells on the cross of its own averages."""

    orders = 0

    def __init__(self) -> None:
        fast, slow = (backtrader.ind.EMA(self.data.close, period=one) for one in (FAST, SLOW))
        self.cross = backtrader.ind.CrossOver(fast, slow)

    def next(self) -> None:
        """Decide at a close."""
        if self.cross[0] > 0:
            self.order_target_percent(target=SHARE_PERCENT / 100)
        elif self.cross[0] < 0 and self.position.size:
            self.close()

    def notify_order(self, order: backtrader.Order) -> None:
        """Count what was filled."""
        EmaCross.orders += order.status == order.Completed


class Feed(backtrader.feed.DataBase):
    """Rows in memory, without pandas."""

    rows: Sequence[tuple[float, ...]] = ()

    def start(self) -> None:
        """Begin at the first row."""
        super().start()
        self.place = 0

    def _load(self) -> bool:
        if self.place == len(self.rows):
            return False
        opened, high, low, close = self.rows[self.place]
        lines = self.lines
        lines.datetime[0] = backtrader.date2num(START + timedelta(minutes=self.place))
        lines.open[0], lines.high[0], lines.low[0], lines.close[0] = opened, high, low, close
        lines.volume[0] = lines.openinterest[0] = 0.0
        self.place += 1
        return True


def prepare(columns: Columns) -> Callable[[], Outcome]:
    """Return the run."""
    Feed.rows = list(zip(*(one.tolist() for one in columns[1:]), strict=True))

    def run() -> Outcome:
        EmaCross.orders = 0
        cerebro = backtrader.Cerebro(stdstats=False)
        cerebro.addstrategy(EmaCross)
        cerebro.adddata(Feed(timeframe=backtrader.TimeFrame.Minutes))
        cerebro.broker.setcash(CASH)
        cerebro.broker.setcommission(commission=FEE)
        cerebro.run()
        return Outcome(EmaCross.orders, cerebro.broker.getvalue())

    return run


if __name__ == "__main__":
    measure(prepare)
