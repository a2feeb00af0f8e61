"""A strategy on candles as they close. It is the function that back-tests run, asked the same way.

Live and back-test so differ in nothing but where the candles come from.
"""

from decimal import Decimal
from typing import Any, Final, NamedTuple

import numpy as np

from actors.strategist.file import LiveStrategy
from tradewind.contracts.market.model import CandleSeries
from tradewind.simulation.inputs import ACQUIRE, MAX_PRICE_DECIMALS, Candles
from tradewind.simulation.strategies.columns import Signals
from tradewind.simulation.strategies.loading import Strategy
from tradewind.simulation.strategies.look_ahead import signals_of
from tradewind.simulation.strategies.stepping import step_through

MAX_BARS: Final = 20_000
"""So much history is kept; a strategy that looks further back starts anew when it is cut."""
MAX_PRICE_UNITS: Final = 2**62


class Said(NamedTuple):
    """What a strategy said at the close of a candle."""

    is_acquire: bool
    size: Decimal | None
    """None where the configured one holds."""
    close: Decimal
    closed_ms: int


class LiveRun:
    """One strategy and the history it has seen, from the first candles that were there.

    A candle that is already known never changes the history, so a stepped strategy sees every bar
    once; after a gap in what the feed has, it starts anew.
    """

    def __init__(self, configured: LiveStrategy, strategy: Strategy) -> None:
        self.configured = configured
        self._strategy = strategy
        self._params = strategy.checked(configured.params)
        self._series: CandleSeries | None = None
        self._state: Any = None
        self._stepped = 0

    def take(self, series: CandleSeries) -> Said | None:
        """Take the newest closed candles; return what is said at the last, None where it is known.

        SimulationFailed where the function fails or what it says cannot be used.
        """
        if not series.open_times_ms:
            return None
        known = self._series
        if known is not None and series.last_close_ms <= known.last_close_ms:
            return None
        joined = None if known is None else _joined(known, series)
        if joined is None or len(joined.open_times_ms) > MAX_BARS:
            self._state, self._stepped, joined = None, 0, series
        self._series = joined
        candles = columns_of(joined, self.configured.symbol)
        return _last(self._ask(candles), joined)

    def _ask(self, candles: Candles) -> Signals:
        if self._strategy.kind == "signals":
            return signals_of(self._strategy, candles, self._params)
        rows = range(self._stepped, len(candles))
        self._state, said = step_through(self._strategy, candles, self._params, self._state, rows)
        self._stepped = len(candles)
        return said


def columns_of(series: CandleSeries, instrument: str) -> Candles:
    """Return candles as strategies see them: prices as integers of as many digits as they need."""
    prices = (series.open, series.high, series.low, series.close)
    digits = max((_places(one) for column in prices for one in column), default=0)
    highest = max(series.high, default=Decimal(0))
    while digits and highest.scaleb(digits) >= MAX_PRICE_UNITS:
        digits -= 1
    opened, high, low, close = (
        np.array([int(one.scaleb(digits)) for one in column], np.int64) for column in prices
    )
    return Candles(
        instrument,
        series.interval_ms,
        digits,
        np.array(series.open_times_ms, np.int64),
        opened,
        high,
        low,
        close,
        np.array([float(one) for one in series.volume], np.float64),
    )


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "candles are finite"
    return min(max(-exponent, 0), MAX_PRICE_DECIMALS)


def _joined(known: CandleSeries, newer: CandleSeries) -> CandleSeries | None:
    """Return a history and what follows it; None where nothing connects them."""
    last = known.open_times_ms[-1]
    if newer.open_times_ms[0] > last + known.interval_ms:
        return None
    first = next(
        (place for place, time in enumerate(newer.open_times_ms) if time > last),
        len(newer.open_times_ms),
    )
    names = ("open_times_ms", "open", "high", "low", "close", "volume")
    columns = {name: getattr(known, name) + getattr(newer, name)[first:] for name in names}
    return known.model_copy(update=columns)


def _last(signals: Signals, series: CandleSeries) -> Said | None:
    if not len(signals) or int(signals.rows[-1]) != len(series.open_times_ms) - 1:
        return None
    return Said(
        is_acquire=int(signals.sides[-1]) == ACQUIRE,
        size=None if signals.sizes is None else signals.sizes[-1],
        close=series.close[-1],
        closed_ms=series.last_close_ms,
    )
