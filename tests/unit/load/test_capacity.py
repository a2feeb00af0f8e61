"""The cost of an intent is found again in what it was made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.load.capacity import Cost, Measured, fit, machine_limit_per_second

COST = {"risk": Cost(0.1, 0.004), "nats": Cost(0.02, 0.01)}


def stage(rate: float, done: float | None = None) -> Measured:
    rate_done = rate if done is None else done
    cores = {
        name: cost.idle_cores + cost.seconds_an_intent * rate_done for name, cost in COST.items()
    }
    return Measured(rate, rate_done, cores)


@given(st.lists(st.floats(0.5, 80), min_size=2, max_size=9))
def test_costs_are_found_dearest_first(rates: list[float]) -> None:
    stages = [stage(rate) for rate in [*rates, 2 * max(rates)]]
    costs = fit(stages)
    assert list(costs) == ["nats", "risk"]
    for name, cost in COST.items():
        assert costs[name] == pytest.approx(cost, abs=1e-6)


def test_stages_that_fell_behind_tell_nothing() -> None:
    behind = Measured(60, 21, {"risk": 1.0, "nats": 1.0})
    assert fit([stage(5), stage(10), behind]) == fit([stage(5), stage(10)])


@pytest.mark.parametrize("stages", [[], [stage(5)], [stage(5), stage(5.5)], [stage(9, 2)]])
def test_without_different_rates_nothing_is_said(stages: list[Measured]) -> None:
    with pytest.raises(ValueError, match="different rates"):
        fit(stages)


def test_where_it_ends() -> None:
    assert COST["risk"].limit_per_second == pytest.approx(225)
    assert machine_limit_per_second(COST, 2) == pytest.approx((2 - 0.12) / 0.014)
    assert Cost(1.2, 0.1).limit_per_second == 0
