"""Whoever knows what comes later is refused, and nobody else."""

from typing import Any

import numpy as np
import pytest

from tests.unit.simulation.factories import random_candles
from tests.unit.simulation.look_ahead_corpus import HONEST, LOOKING_AHEAD, Columns, Function
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import Candles
from tradewind.simulation.strategies.loading import installed, load, strategy_of
from tradewind.simulation.strategies.look_ahead import honest_signals

CANDLES = random_candles(3_000, seed=5)


def _said(function: Any, candles: Candles = CANDLES) -> Any:
    return honest_signals(strategy_of(function.__name__, function), candles, {})


@pytest.mark.parametrize("function", LOOKING_AHEAD, ids=lambda one: one.__name__)
@pytest.mark.parametrize("seed", [5, 6])
def test_ten_ways_of_looking_ahead_are_refused(function: Function, seed: int) -> None:
    with pytest.raises(SimulationFailed) as refused:
        _said(function, random_candles(3_000, seed=seed))

    assert refused.value.reason is BacktestFailure.LOOKS_AHEAD
    assert refused.value.at is not None
    assert refused.value.at.startswith("bar ")
    assert "cut " in refused.value.at


@pytest.mark.parametrize("function", HONEST, ids=lambda one: one.__name__)
def test_honest_strategies_pass(function: Function) -> None:
    for seed in (5, 6):
        candles = random_candles(3_000, seed=seed)
        assert len(_said(function, candles)) == len(np.asarray(function(candles)[0]))


def test_a_strategy_that_is_not_deterministic_is_told_so() -> None:
    random = np.random.default_rng()

    def dice(candles: Candles) -> Columns:
        rows = np.flatnonzero(random.random(len(candles)) > 0.9)
        return rows, np.ones(len(rows), np.int8), None

    with pytest.raises(SimulationFailed) as refused:
        _said(dice)

    assert refused.value.reason is BacktestFailure.STRATEGY_FAILED
    assert "each time" in refused.value.detail


def test_a_strategy_cannot_change_the_candles() -> None:
    def paints(candles: Candles) -> Columns:
        candles.close[0] = 1
        return [], [], None

    with pytest.raises(SimulationFailed) as refused:
        _said(paints)

    assert refused.value.reason is BacktestFailure.STRATEGY_FAILED


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (([3, 2], [1, 1], None), "out of order"),
        (([3, 3], [1, 1], None), "twice"),
        (([3], [1, 1], None), "sides"),
        (([3], [1], [0.1, 0.2]), "sizes"),
        (([3], [1], [float("nan")]), "not positive and finite"),
        (([3], [1], [float("inf")]), "not positive and finite"),
        (([3], [1], [-1]), "not positive and finite"),
        (([3], [1], ["a"]), "no number"),
        (([3.5], [1], None), "integers"),
        (([float("nan")], [1], None), "not finite"),
        (([3], [2], None), "must be 1"),
        (([3], ["buy"], None), "none of"),
        (([-1], [1], None), "from 0"),
        (([3_000], [1], None), "from 0"),
        (([[3]], [[1]], None), "one column"),
        (None, "returns (indices, sides, sizes)"),
    ],
)
def test_signals_that_cannot_be_used_are_refused(found: Any, what: str) -> None:
    def says(candles: Candles) -> Any:
        return found

    strategy = strategy_of("says", says)
    from tradewind.simulation.strategies.look_ahead import signals_of

    with pytest.raises(SimulationFailed) as refused:
        signals_of(strategy, CANDLES, {})

    assert refused.value.reason is BacktestFailure.INVALID_SIGNALS
    assert what in refused.value.detail


def test_the_examples_are_installed_and_honest() -> None:
    assert [one.name for one in installed()] == ["buy_and_hold", "ema_cross", "stop_loss"]
    for name in ("buy_and_hold", "ema_cross"):
        assert len(honest_signals(load(name), CANDLES, {}))


def test_parameters_are_those_of_the_signature() -> None:
    strategy = load("stop_loss")

    assert strategy.kind == "step"
    assert strategy.params_schema["properties"] == {
        "rises": {"type": "integer", "default": 3},
        "stop": {
            "type": "string",
            "pattern": r"^-?(0|[1-9]\d{0,39})(\.\d{1,36})?$",
            "default": "0.02",
        },
    }
    assert load("ema_cross").checked({"fast": 5}) == {"fast": 5}


@pytest.mark.parametrize("params", [{"fast": "5"}, {"fast": True}, {"wrong": 1}])
def test_wrong_parameters_are_refused_by_name(params: dict[str, Any]) -> None:
    from tradewind.simulation.errors import InvalidRun

    with pytest.raises(InvalidRun) as refused:
        load("ema_cross").checked(params)

    assert refused.value.field == f"strategy.params.{next(iter(params))}"


def test_an_unknown_strategy_is_named_with_those_there_are() -> None:
    with pytest.raises(SimulationFailed) as refused:
        load("nobody_wrote_it")

    assert refused.value.reason is BacktestFailure.STRATEGY_CHANGED
    assert "ema_cross" in refused.value.detail
