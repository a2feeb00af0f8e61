"""Buys at the first close and never sells: what every other strategy has to beat."""

import numpy as np

from tradewind.simulation.inputs import ACQUIRE, Candles, IntColumn, SideColumn


def signals(candles: Candles) -> tuple[IntColumn, SideColumn, None]:
    """Buy at the first close."""
    count = min(len(candles), 1)
    return np.zeros(count, np.int64), np.full(count, ACQUIRE, np.int8), None
