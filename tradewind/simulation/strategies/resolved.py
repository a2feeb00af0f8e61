"""The signals of a slice, from an installed strategy or from a file."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from tradewind.contracts.backtests.model import InstalledStrategy, Manifest, SignalFile
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import RunInputs, SignalColumns
from tradewind.simulation.loop.timeline import Timeline
from tradewind.simulation.strategies.columns import Signals, checked, invalid
from tradewind.simulation.strategies.loading import Strategy, load
from tradewind.simulation.strategies.look_ahead import CUTS, honest_signals, signals_of
from tradewind.simulation.strategies.stepping import dump_state, step_through

PASSED = "passed"
TRUNCATION = "truncation"


class Resolved(NamedTuple):
    """Signals of a slice by instrument, and what has to be kept of them."""

    signals: Sequence[Signals]
    strategy_state: str | None
    guard: str
    """What came of the look-ahead guard."""
    whole_sha256: str
    """Of all signals of the run, where all are computed at once; else empty."""


def strategy_of(manifest: Manifest, inputs: RunInputs) -> Strategy | None:
    """Return the strategy of a run; SimulationFailed where its source is another than then."""
    wanted = manifest.run.strategy
    if not isinstance(wanted, InstalledStrategy):
        return None
    strategy = inputs.strategy or load(wanted.name)
    if manifest.strategy_sha256 not in (None, strategy.source_sha256):
        detail = f"the source of {wanted.name} is not the one of the manifest"
        raise SimulationFailed(BacktestFailure.STRATEGY_CHANGED, detail)
    return strategy


def resolve(
    manifest: Manifest,
    inputs: RunInputs,
    timeline: Timeline,
    rows: Sequence[range],
    before: str | None,
) -> Resolved:
    """Return the signals at some rows of each instrument's candles.

    `before` is the state of a stepped strategy after the rows before; None begins the run, and then
    a vectorised function is tried on shorter histories as well.
    """
    wanted, strategy = manifest.run.strategy, strategy_of(manifest, inputs)
    if strategy is None:
        assert isinstance(wanted, SignalFile)
        names = manifest.run.instruments
        found = [_of_file(inputs, timeline, index, name) for index, name in enumerate(names)]
        return _cut(found, rows, "not needed: signals of a file")
    assert isinstance(wanted, InstalledStrategy)
    params = strategy.checked(wanted.params)
    if strategy.kind == "step":
        return _stepped(manifest, timeline, rows, before, strategy, params)
    ask = honest_signals if rows[0].start == 0 else signals_of
    found = [ask(strategy, candles, params) for candles in timeline.candles]
    return _cut(found, rows, f"{PASSED}: {CUTS} shorter histories say the same")


def _cut(found: Sequence[Signals], rows: Sequence[range], guard: str) -> Resolved:
    whole = hashlib.sha256(b"".join(one.digest() for one in found)).hexdigest()
    cut = [one.between(its.start, its.stop) for one, its in zip(found, rows, strict=True)]
    return Resolved(cut, None, guard, whole)


def _stepped(
    manifest: Manifest,
    timeline: Timeline,
    rows: Sequence[range],
    before: str | None,
    strategy: Strategy,
    params: dict[str, Any],
) -> Resolved:
    import json

    states: dict[str, Any] = {} if before is None else json.loads(before)
    found = []
    for name, candles, its in zip(manifest.run.instruments, timeline.candles, rows, strict=True):
        states[name], said = step_through(strategy, candles, params, states.get(name), its)
        found.append(said)
    return Resolved(found, dump_state(states), f"{PASSED}: a step sees no later bar", "")


def _of_file(inputs: RunInputs, timeline: Timeline, index: int, name: str) -> Signals:
    """Return imported signals by the first close at or after each; two at one bar are refused."""
    columns, candles = inputs.signals.get(name), timeline.candles[index]
    if columns is None:
        return Signals(np.zeros(0, np.int64), np.zeros(0, np.int8))
    _check_times(columns)
    found = np.searchsorted(candles.close_times_ms, columns.times_ms, side="left")
    kept = int(np.searchsorted(found, len(candles)))
    sizes = None if columns.sizes is None else columns.sizes[:kept]
    made = checked((found[:kept], columns.sides[:kept], sizes), len(candles))
    if columns.limit_prices is None:
        return made
    return replace(made, limit_prices=columns.limit_prices[:kept])


def _check_times(columns: SignalColumns) -> None:
    wrong = np.diff(columns.times_ms) <= 0
    if wrong.any():
        raise invalid(f"times: row {int(np.argmax(wrong)) + 1} is not after the one before")
