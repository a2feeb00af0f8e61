"""Given published tables, an independent library, and series that indicators stumble over."""

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from talipp.indicators import ATR, EMA, MACD, RSI
from talipp.ohlcv import OHLCV

from tests.unit.indicators import tables
from tests.unit.indicators.tables import numbers
from tradewind.trading.indicators.averages import (
    InvalidSeries,
    atr,
    ema,
    macd,
    rsi,
    to_prices,
)

PRICES = st.floats(0.01, 100_000.0, allow_nan=False)
CANDLES = 250


def walk(start: float, moves: Sequence[float]) -> list[float]:
    """Return closes that move by these fractions."""
    return [start, *np.cumprod([1.0 + move for move in moves]) * start]


MOVES = st.lists(st.floats(-0.2, 0.2), min_size=60, max_size=90)


def padded(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]


def test_rsi_is_that_of_the_published_table() -> None:
    found = rsi(to_prices(numbers(tables.RSI_CLOSES), "close"), 14)
    assert np.isnan(found[:14]).all()
    assert found[14:] == pytest.approx(numbers(tables.RSI_VALUES), abs=5.1e-5)


def test_atr_joins_the_published_table() -> None:
    """Given a first true range that Wilder takes and TA-Lib does not, then they meet in the end."""
    columns = (tables.ATR_HIGHS, tables.ATR_LOWS, tables.ATR_CLOSES)
    highs, lows, closes = (to_prices(numbers(column), "close") for column in columns)
    found, published = atr(highs, lows, closes, 14), numbers(tables.WILDER_ATR_VALUES)
    assert np.isnan(found[:14]).all()
    assert found[-1] == pytest.approx(1.3081, abs=5e-5)
    apart = np.abs(found[14:] - published[1:])
    assert (np.diff(apart) < 0).all()
    # Wilder's smoothing forgets: a difference shrinks to 13/14 with each candle.
    assert apart[1:] == pytest.approx(apart[:-1] * 13 / 14, rel=1e-3)


def test_values_are_those_of_ta_libs_own_tests() -> None:
    closes = to_prices(numbers(tables.REGRESSION_CLOSES), "close")
    assert len(closes) == 252
    strength = rsi(closes, 14)
    assert strength[14:17] == pytest.approx([49.14, 52.32, 46.07], abs=0.01)
    assert strength[-1] == pytest.approx(49.63, abs=0.01)
    found = macd(closes, 12, 26, 9)
    assert np.isnan(found.line[:33]).all()
    assert (found.line[33], found.signal[33]) == pytest.approx((-1.9738, -2.7071), abs=5e-5)
    assert found.histogram[33:] == pytest.approx(found.line[33:] - found.signal[33:])


@settings(max_examples=25, deadline=None)
@given(PRICES, MOVES)
def test_an_independent_library_agrees(start: float, moves: list[float]) -> None:
    closes = walk(start, moves)
    prices = to_prices(closes, "close")
    expected = padded(EMA(9, closes))
    assert ema(prices, 9) == pytest.approx(expected, rel=1e-9, nan_ok=True)
    if closes[1:15] != closes[:14]:
        assert rsi(prices, 14) == pytest.approx(padded(RSI(14, closes)), abs=1e-6, nan_ok=True)
    _assert_ends_agree((closes * 5)[:CANDLES])


def _assert_ends_agree(closes: list[float]) -> None:
    """Hold the ends of a long series: talipp begins averages and ranges earlier; both forget."""
    scale = max(closes)
    found, expected = macd(to_prices(closes, "close"), 12, 26, 9), MACD(12, 26, 9, closes)[-1]
    assert found.line[-1] == pytest.approx(expected.macd, abs=1e-7 * scale)
    assert found.signal[-1] == pytest.approx(expected.signal, abs=1e-7 * scale)
    highs, lows = [one * 1.02 for one in closes], [one * 0.99 for one in closes]
    candles = [OHLCV(c, h, low, c) for h, low, c in zip(highs, lows, closes, strict=True)]
    ranges = atr(to_prices(highs, "high"), to_prices(lows, "low"), to_prices(closes, "close"), 14)
    assert ranges[-1] == pytest.approx(ATR(14, candles)[-1], abs=1e-7 * scale)


@settings(max_examples=25, deadline=None)
@given(PRICES, MOVES, st.integers(-30, 30))
def test_what_holds_of_every_series(start: float, moves: list[float], exponent: int) -> None:
    closes = to_prices(walk(start, moves), "close")
    factor = 2.0**exponent
    strength, average = rsi(closes, 14), ema(closes, 9)
    assert rsi(closes * factor, 14) == pytest.approx(strength, abs=0.0, nan_ok=True)
    assert ema(closes * factor, 9) == pytest.approx(average * factor, rel=1e-12, nan_ok=True)
    known = strength[~np.isnan(strength)]
    assert ((known >= 0) & (known <= 100)).all()
    assert (average[8:] <= closes.max() * (1 + 1e-12)).all()
    assert (average[8:] >= closes.min() * (1 - 1e-12)).all()
    assert (atr(closes * 1.01, closes * 0.99, closes, 14)[14:] >= 0).all()


def test_250_candles_forget_what_was_before() -> None:
    closes = to_prices(numbers(tables.REGRESSION_CLOSES), "close")
    whole = np.concatenate([closes, closes[::-1], closes])
    last = whole[-CANDLES:]
    assert ema(last, 50)[-1] == pytest.approx(ema(whole, 50)[-1], rel=1e-4)
    assert ema(last, 9)[-1] == pytest.approx(ema(whole, 9)[-1], rel=1e-12)
    assert rsi(last, 14)[-1] == pytest.approx(rsi(whole, 14)[-1], rel=1e-5)


def test_a_series_that_stands_still_has_no_strength() -> None:
    flat = to_prices([100.0] * 60, "close")
    assert np.isnan(rsi(flat, 14)).all()
    assert (atr(flat, flat, flat, 14)[14:] == 0.0).all()
    assert (ema(flat, 9)[8:] == 100.0).all()
    # It fell once, and never rose: 0 is right.
    fallen = to_prices([100.0] * 10 + [90.0] * 50, "close")
    assert (rsi(fallen, 14)[14:] == 0.0).all()
    # It rose once; TA-Lib says 100 until it cannot see the move any more, and then 0.
    risen = rsi(to_prices([100.0] * 10 + [100.001] * 400, "close"), 14)[14:]
    assert set(risen[~np.isnan(risen)]) == {100.0}


def test_small_prices_move_like_large_ones() -> None:
    """Given moves under 1e-14, which TA-Lib takes for none."""
    closes = to_prices(numbers(tables.RSI_CLOSES), "close")
    assert rsi(closes * 1e-16, 14)[14:] == pytest.approx(rsi(closes, 14)[14:], rel=1e-9)


def test_short_series_have_no_values() -> None:
    short = to_prices([1.0, 2.0, 3.0], "close")
    empty = to_prices([], "close")
    for series in (short, empty):
        results = (
            ema(series, 9),
            rsi(series, 14),
            atr(series, series, series, 14),
            macd(series, 12, 26, 9).line,
        )
        assert all(len(one) == len(series) and np.isnan(one).all() for one in results)


def test_what_is_no_price_is_refused_by_its_column() -> None:
    assert to_prices([1, Decimal("2.5"), 3], "close").dtype == np.float64
    for value in (math.nan, math.inf, Decimal("NaN")):
        with pytest.raises(InvalidSeries, match="high: must be finite"):
            to_prices([1.0, value], "high")
    for value in (0, -1):
        with pytest.raises(InvalidSeries, match="low: must be positive"):
            to_prices([1.0, value], "low")
    with pytest.raises(ValueError, match="period: must be at least 2"):
        ema(to_prices([1.0], "close"), 1)
    with pytest.raises(ValueError, match="less than slow"):
        macd(to_prices([1.0], "close"), 26, 12, 9)
