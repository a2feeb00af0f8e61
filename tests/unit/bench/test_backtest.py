"""The benchmark of back-tests gives every tool the same candles, and ours the model it is told."""

import math

import numpy as np
import pytest

from loadtest.bench.backtest_peers.measuring import CASH, FEE, Floats, crosses
from loadtest.bench.backtest_run import candles_of, run_once
from loadtest.bench.candles import random_prices

BARS = 2_000
UNITS = 1e6


def test_candles_are_a_function_of_bars_and_seed() -> None:
    prices = random_prices(BARS)
    for one, again in zip(prices, random_prices(BARS), strict=True):
        assert np.array_equal(one, again)
    assert not np.array_equal(prices.close, random_prices(BARS, seed=2).close)


def test_candles_open_where_the_one_before_closed() -> None:
    opened, high, low, close = random_prices(BARS)
    assert np.array_equal(opened[1:], close[:-1])
    assert (low <= np.minimum(opened, close)).all()
    assert (high >= np.maximum(opened, close)).all()
    assert (low > 0).all()


def test_a_market_without_impact_ends_where_a_loop_of_floats_does() -> None:
    orders, equity = looped(candles_of(BARS).closes, candles_of(BARS).opens)
    ran = run_once(BARS, "flat").metrics
    assert orders > 50
    assert ran.trades == orders
    assert float(ran.end_equity) == pytest.approx(equity, abs=0.001)


def test_pools_with_impact_and_gas_end_below_it() -> None:
    flat, tiers = (run_once(BARS, model).metrics for model in ("flat", "tiers"))
    assert tiers.trades == flat.trades
    assert tiers.end_equity < flat.end_equity


def looped(closes: Floats, opens: Floats) -> tuple[int, float]:
    """Trade as the floor does, in plain Python: the fee within, in whole base units."""
    ups, downs = crosses(closes)
    cash, held, orders = CASH, 0.0, 0
    for bar in range(1, len(closes)):
        price = float(opens[bar])
        if ups[bar - 1] and not held:
            held, cash = (cash - math.ceil(cash * FEE * UNITS) / UNITS) / price, 0.0
            orders += 1
        elif downs[bar - 1] and held:
            cash, held = math.floor(held * price * (1 - FEE) * UNITS) / UNITS, 0.0
            orders += 1
    return orders, cash + held * float(closes[-1])
