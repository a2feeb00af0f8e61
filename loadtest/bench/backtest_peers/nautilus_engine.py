"""NautilusTrader: its engine and averages, a cash account of which an order takes 99.9 %."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model.currencies import ETH, USDC
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from loadtest.bench.backtest_peers.measuring import (
    CASH,
    FAST,
    FEE,
    SLOW,
    Columns,
    Outcome,
    measure,
)
from loadtest.bench.candles import MINUTE_MS

SHARE: Final = 0.999
VENUE: Final = Venue("SIM")
NANOSECONDS_A_MS: Final = 1_000_000
SIZE_DIGITS: Final = 9


def prepare(columns: Columns) -> Callable[[], Outcome]:
    """Return the run, which can be made once."""
    instrument = _instrument()
    kind = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    bars = list(_bars(kind, columns))
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.CASH, [Money(CASH, USDC)])
    engine.add_instrument(instrument)
    engine.add_data(bars)
    strategy = EmaCross(instrument, kind)
    engine.add_strategy(strategy)

    def run() -> Outcome:
        engine.run()
        account = engine.trader.generate_account_report(VENUE)
        assert len(account)
        balances = engine.portfolio.account(VENUE).balances()
        cash, held = (balances[one].total.as_double() for one in (USDC, ETH))
        return Outcome(engine.cache.orders_total_count(), cash + held * columns.close[-1])

    return run


class EmaCross(Strategy):
    """Buys and sells on the cross of its own averages."""

    def __init__(self, instrument: CurrencyPair, kind: BarType) -> None:
        super().__init__()
        self.instrument, self.kind = instrument, kind
        self.fast, self.slow = (ExponentialMovingAverage(one) for one in (FAST, SLOW))
        self.was_above = False
        self.held: Quantity | None = None

    def on_start(self) -> None:
        """Ask for bars."""
        self.register_indicator_for_bars(self.kind, self.fast)
        self.register_indicator_for_bars(self.kind, self.slow)
        self.subscribe_bars(self.kind)

    def on_bar(self, bar: Bar) -> None:
        """Decide at a close."""
        if not self.indicators_initialized():
            return
        is_above = self.fast.value > self.slow.value
        if is_above and not self.was_above:
            cash = self.portfolio.account(VENUE).balance_free(USDC).as_double()
            amount = cash * SHARE / bar.close.as_double()
            self.held = self.instrument.make_qty(amount)
            self._order(OrderSide.BUY)
        elif self.was_above and not is_above:
            self._order(OrderSide.SELL)
        self.was_above = is_above

    def _order(self, side: Any) -> None:
        self.submit_order(self.order_factory.market(self.instrument.id, side, self.held))


def _bars(kind: BarType, columns: Columns) -> Any:
    amount = Quantity(1_000_000.0, SIZE_DIGITS)
    times = ((columns.times_ms + MINUTE_MS) * NANOSECONDS_A_MS).tolist()
    for at, *prices in zip(times, *(one.tolist() for one in columns[1:]), strict=True):
        yield Bar(kind, *(Price(one, 2) for one in prices), amount, at, at)


def _instrument() -> CurrencyPair:
    fee = Decimal(str(FEE))
    return CurrencyPair(
        InstrumentId(Symbol("ETHUSDC"), VENUE),
        Symbol("ETHUSDC"),
        ETH,
        USDC,
        2,
        SIZE_DIGITS,
        Price.from_str("0.01"),
        Quantity.from_str("0.000000001"),
        0,
        0,
        maker_fee=fee,
        taker_fee=fee,
        margin_init=Decimal(0),
        margin_maint=Decimal(0),
    )


if __name__ == "__main__":
    measure(prepare)
