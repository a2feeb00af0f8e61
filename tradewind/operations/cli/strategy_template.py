"""The files of a new strategy: package, function and test."""

from typing import Final

_PROJECT: Final = """\
[project]
name = "tradewind-{dashed}"
version = "0.1.0"
description = "A strategy for Tradewind."
requires-python = ">=3.12"
dependencies = ["tradewind"]

[project.entry-points."tradewind.strategies"]
{name} = "tradewind_{name}:{function}"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["tradewind_{name}"]
"""
_SIGNALS: Final = '''\
"""Buys when the close is above the average of the last bars, sells when it is below."""

import numpy as np
import talib

from tradewind.simulation.inputs import ACQUIRE, CLOSE, Candles, IntColumn, SideColumn


def signals(candles: Candles, length: int = 20) -> tuple[IntColumn, SideColumn, None]:
    """Follow the trend.

    It returns the bars at which it says something, ascending, and what: ACQUIRE, DISPOSE or CLOSE.
    The third value is how much each trades, None for what the run says. A signal at a bar is
    decided at its close and filled at the next bar's open at the earliest. Whoever looks further
    than its bar is found out: the function is called again on shorter histories.
    """
    if len(candles) <= length:
        return np.zeros(0, np.int64), np.zeros(0, np.int8), None
    is_above = candles.closes > talib.SMA(candles.closes, length)
    bars = np.flatnonzero(np.diff(is_above)) + 1
    return bars, np.where(is_above[bars], ACQUIRE, CLOSE).astype(np.int8), None
'''
_STEP: Final = '''\
"""Buys after a rise and sells after a fall, bar by bar."""

from typing import Any

from tradewind.simulation.strategies.signal import Bar, Signal


def step(state: Any, bar: Bar, rises: int = 3) -> tuple[Any, Signal | None]:
    """Follow the trend.

    It gets the state it returned at the bar before, None at first, and returns the next one, made
    of dicts, lists, strings, numbers, booleans and None. It says nothing or a signal, which is
    decided at the bar's close and filled at the next bar's open at the earliest.
    """
    before = state or {"close": bar.close, "count": 0}
    count = before["count"] + 1 if bar.close > before["close"] else 0
    signal = Signal("acquire") if count == rises else None
    if before["count"] >= rises and count == 0:
        signal = Signal("close")
    return {"close": bar.close, "count": count}, signal
'''
_TEST: Final = '''\
"""The strategy never looks ahead, and says something on a market that moves."""

import numpy as np
from tradewind.simulation.inputs import Candles
from tradewind.simulation.strategies.{module} import {checker}
from tradewind.simulation.strategies.loading import load


def _candles(bars: int) -> Candles:
    times = 60_000 * np.arange(bars, dtype=np.int64)
    walk = np.random.default_rng(1).normal(0, 0.002, bars)
    close = np.rint(300_000 * np.exp(np.cumsum(walk))).astype(np.int64)
    opened = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    name = "ethereum-WETH-USDC"
    return Candles(name, 60_000, 2, times, opened, high, low, close, np.ones(bars))


def test_it_trades_and_never_looks_ahead() -> None:
    candles = _candles(2_000)
{check}
    assert len(said) > 10
'''
_CHECK_SIGNALS: Final = '    said = honest_signals(load("{name}"), candles, {{}})\n'
_CHECK_STEP: Final = (
    '    _, said = step_through(load("{name}"), candles, {{}}, None, range(len(candles)))\n'
)


def files_of(name: str, *, is_stepped: bool) -> dict[str, str]:
    """Return the text of each file by its path within the new folder."""
    check = (_CHECK_STEP if is_stepped else _CHECK_SIGNALS).format(name=name)
    module, checker = (
        ("stepping", "step_through") if is_stepped else ("look_ahead", "honest_signals")
    )
    function = "step" if is_stepped else "signals"
    project = _PROJECT.format(name=name, dashed=name.replace("_", "-"), function=function)
    return {
        "pyproject.toml": project,
        f"tradewind_{name}/__init__.py": _STEP if is_stepped else _SIGNALS,
        f"tests/test_{name}.py": _TEST.format(module=module, checker=checker, check=check),
    }
