"""Buys what has risen for some bars, and sells when it falls below its best by a share."""

from decimal import Decimal
from typing import TypedDict

from tradewind.simulation.strategies.signal import Bar, Signal


class State(TypedDict):
    """What is known after a bar."""

    previous: float
    rises: int
    best: float
    """The highest close since the purchase; 0 while nothing is held."""


def step(
    state: State | None, bar: Bar, rises: int = 3, stop: Decimal = Decimal("0.02")
) -> tuple[State, Signal | None]:
    """Buy after so many rising closes in a row; sell when a close is `stop` below the best."""
    close = bar.close
    if state is None:
        return {"previous": close, "rises": 0, "best": 0.0}, None
    count = state["rises"] + 1 if close > state["previous"] else 0
    best = max(state["best"], close) if state["best"] else 0.0
    if best and close <= best * (1 - float(stop)):
        return {"previous": close, "rises": 0, "best": 0.0}, Signal("close")
    if not best and count >= rises:
        return {"previous": close, "rises": 0, "best": close}, Signal("acquire")
    return {"previous": close, "rises": count, "best": best}, None
