"""Buys when the fast average crosses above the slow one, sells when it crosses below."""

import numpy as np
import talib

from tradewind.simulation.inputs import ACQUIRE, CLOSE, Candles, IntColumn, SideColumn


def signals(candles: Candles, fast: int = 9, slow: int = 21) -> tuple[IntColumn, SideColumn, None]:
    """Cross two exponential averages of the closes.

    TA-Lib begins an average with a simple one over its length, so nothing is said before bar
    `slow`.
    """
    if not 1 < fast < slow:
        raise ValueError("fast: must be above 1 and below slow")
    if len(candles) <= slow:
        return np.zeros(0, np.int64), np.zeros(0, np.int8), None
    is_above = talib.EMA(candles.closes, fast) > talib.EMA(candles.closes, slow)
    is_above[:slow] = False
    turns = np.flatnonzero(np.diff(is_above)) + 1
    sides = np.where(is_above[turns], ACQUIRE, CLOSE)
    return turns.astype(np.int64), sides.astype(np.int8), None
