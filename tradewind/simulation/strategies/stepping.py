"""Runs a stepped strategy bar by bar; between slices its state travels as JSON."""

import json
from decimal import Decimal
from typing import Any, Final

import numpy as np

from tradewind.contracts.backtests.payloads import MAX_STATE_LENGTH, BacktestFailure
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import Candles
from tradewind.simulation.manifests import canonical_json
from tradewind.simulation.strategies.columns import SIDES, Signals, invalid, size_of
from tradewind.simulation.strategies.loading import Strategy
from tradewind.simulation.strategies.signal import Bar

MAX_DETAIL_CHARACTERS: Final = 500


def step_through(
    strategy: Strategy, candles: Candles, params: dict[str, Any], state: Any, rows: range
) -> tuple[Any, Signals]:
    """Return the state after some bars and what was said at them; None is the first state."""
    places: list[int] = []
    said: list[Any] = []
    step, row = strategy.function, rows.start
    try:
        for row, bar in enumerate(_bars(candles, rows), rows.start):
            state, signal = step(state, bar, **params)
            if signal is not None:
                places.append(row)
                said.append(signal)
    except Exception as error:  # whatever an operator's function raises is its failure
        detail = f"{strategy.name}: {type(error).__name__}: {error}"[:MAX_DETAIL_CHARACTERS]
        raise SimulationFailed(BacktestFailure.STRATEGY_FAILED, detail, f"bar {row}") from error
    return state, _signals(places, said)


def dump_state(states: dict[str, Any]) -> str:
    """Return the states by instrument as canonical JSON; SimulationFailed where they are none."""
    try:
        text = canonical_json(states)
        same = json.loads(text) == states
    except (TypeError, ValueError, RecursionError):
        same = False
    if not same:
        detail = "a state is made of dicts, lists, strings, finite numbers, booleans and None"
        raise SimulationFailed(BacktestFailure.STRATEGY_FAILED, detail)
    if len(text) > MAX_STATE_LENGTH:
        detail = f"the state is {len(text)} characters, {MAX_STATE_LENGTH} are allowed"
        raise SimulationFailed(BacktestFailure.STATE_TOO_LARGE, detail)
    return text


def _bars(candles: Candles, rows: range) -> Any:
    part = slice(rows.start, rows.stop)
    columns = (
        candles.open_times_ms[part],
        candles.opens[part],
        candles.highs[part],
        candles.lows[part],
        candles.closes[part],
        candles.volume[part],
    )
    return map(Bar._make, zip(*(one.tolist() for one in columns), strict=True))


def _signals(places: list[int], said: list[Any]) -> Signals:
    sides, sizes = [], []
    for place, signal in zip(places, said, strict=True):
        try:
            side, size = signal
            sides.append(SIDES[side])
        except (TypeError, ValueError, KeyError):
            raise invalid(f"{signal!r:.100} is no signal", f"bar {place}") from None
        sizes.append(None if size is None else size_of(size))
    has_sizes = any(one is not None for one in sizes)
    kept: tuple[Decimal | None, ...] | None = tuple(sizes) if has_sizes else None
    return Signals(np.array(places, np.int64), np.array(sides, np.int8), kept)
