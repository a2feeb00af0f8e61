"""Costs are found again in what they were made of, and never fall below what was measured."""

import pytest

from loadtest.scale.curves import Curve, fit_curves
from loadtest.scale.points import Point

TRUE = {"nats": Curve(4.0, 12.0, 20.0, 0.0), "risk": Curve(2.0, 1.0, 20.0, 0.0)}
RATES = (6.0, 12.0, 24.0, 36.0)


def point(rate: float) -> Point:
    return Point(rate, {name: curve.at(rate) for name, curve in TRUE.items()})


def test_what_was_put_in_comes_out_dearest_first() -> None:
    found = fit_curves([point(rate) for rate in RATES], {})
    assert list(found) == ["nats", "risk"]
    for rate in (*RATES, 100.0):
        for name, curve in TRUE.items():
            assert found[name].at(rate) == pytest.approx(curve.at(rate), rel=0.03)


def test_no_cost_is_below_the_least() -> None:
    found = fit_curves([point(rate) for rate in RATES], {"nats": 8.0})
    assert found["nats"].at(10_000) == 8.0
    assert found["risk"].at(10_000) == pytest.approx(2.0, rel=0.1)


def test_a_cost_that_falls_faster_than_batches_grow_ends_at_none() -> None:
    points = [Point(10, {"redis": 2.4}), Point(30, {"redis": 0.4})]
    curve = fit_curves(points, {})["redis"]
    assert curve.together_ms == 0.0
    assert 0 < curve.at(300) < 0.4


def test_a_cost_that_grows_is_taken_as_even() -> None:
    curve = fit_curves([Point(10, {"gateway": 4.0}), Point(30, {"gateway": 5.0})], {})["gateway"]
    assert curve.alone_ms == 0.0
    assert 4.0 < curve.at(300) < 5.0


@pytest.mark.parametrize("points", [[], [point(5)], [point(5), point(5)]])
def test_one_rate_tells_nothing(points: list[Point]) -> None:
    with pytest.raises(ValueError, match="two rates"):
        fit_curves(points, {})
