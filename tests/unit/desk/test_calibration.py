"""Calibration by hand-made numbers, and what holds for all outcomes."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tradewind.contracts.decisions.model import Verdict
from tradewind.trading.signal_outcomes.calibration import (
    brier,
    calibration_of,
    interval,
)
from tradewind.trading.signal_outcomes.isotonic import (
    CalibrationTable,
    Knot,
    Outcome,
    knots_of,
)
from tradewind.trading.signal_outcomes.scores import probability_of


def outcome(said: str, paid: bool, times: int = 1) -> Outcome:
    return Outcome(Decimal(said), paid, times)


SKILLED = [outcome("0.8", True, 32), outcome("0.8", False, 8), outcome("0.3", True, 18),
           outcome("0.3", False, 42)]  # fmt: skip


def test_a_calibrated_model_has_no_calibration_error() -> None:
    found = calibration_of(SKILLED)
    # (40 × 0.8 × 0.2 + 60 × 0.3 × 0.7) / 100
    assert found.brier == Decimal("0.1900")
    assert (found.outcomes, found.paid, found.ece) == (100, 50, Decimal(0))
    assert [(one.from_pct, one.outcomes, str(one.seen)) for one in found.bins] == [
        (30, 60, "0.3000"),
        (80, 40, "0.8000"),
    ]
    assert found.brier_low is not None
    assert found.brier_high is not None
    assert found.brier_low < found.brier < found.brier_high


def test_the_calibration_error_is_the_mean_distance() -> None:
    """Given 90 % said and 60 % seen for 20, and 5 % said and 10 % seen for 20 others."""
    found = calibration_of(
        [outcome("0.9", True, 12), outcome("0.9", False, 8), outcome("0.05", True, 2),
         outcome("0.05", False, 18)]
    )  # fmt: skip
    assert found.ece == Decimal("0.1750")


def test_under_thirty_outcomes_only_their_number_is_said() -> None:
    few = calibration_of([outcome("0.9", True, 29)])
    assert (few.outcomes, few.brier, few.ece, few.bins) == (29, None, None, ())
    assert calibration_of([outcome("0.9", True, 30)]).brier == Decimal("0.0100")
    with pytest.raises(ValueError, match="no outcomes"):
        brier([])


def test_the_interval_is_the_same_again_and_holds_95_of_a_hundred() -> None:
    """Given the spread of a mean of 100, then the interval is 1.96 of its deviation wide."""
    low, high = interval(SKILLED)
    assert (low, high) == interval(SKILLED)
    assert (low, high) != interval(SKILLED, seed=2)
    mean = brier(SKILLED)
    variance = sum(
        one.times * ((float(one.probability) - one.paid) ** 2 - mean) ** 2 for one in SKILLED
    ) / 100  # fmt: skip
    half = 1.96 * (variance / 100) ** 0.5
    assert abs((high - low) / 2 - half) < 0.15 * half


def test_a_probability_is_that_following_pays() -> None:
    assert probability_of(Verdict.FOLLOW_ENTER, 70) == Decimal("0.7")
    assert probability_of(Verdict.IGNORE, 70) == Decimal("0.3")
    assert probability_of(Verdict.FOLLOW_EXIT, 70) == Decimal("0.7")
    assert probability_of(Verdict.HOLD, 100) == 0


def test_violators_are_pooled() -> None:
    """Given shares of 0.5, 0.3 and 0.7 as confidence rises, then the first two become one."""
    knots = knots_of(
        [outcome("0.2", True, 50), outcome("0.2", False, 50), outcome("0.4", True, 30),
         outcome("0.4", False, 70), outcome("0.9", True, 70), outcome("0.9", False, 30)]
    )  # fmt: skip
    assert knots == (
        Knot(said=Decimal("0.300000"), seen=Decimal("0.400000")),
        Knot(said=Decimal("0.900000"), seen=Decimal("0.700000")),
    )
    table = CalibrationTable(
        model="m", prompt_version="v1", horizon_seconds=3_600, version=1, outcomes=300, knots=knots
    )
    said = [Decimal(one) / 10 for one in (0, 3, 6, 9, 10)]
    assert [str(table.calibrated(one)) for one in said] == [
        *("0.400000", "0.400000", "0.550000", "0.700000", "0.700000")
    ]


def test_no_table_is_made_of_fewer_than_200_outcomes() -> None:
    assert knots_of([outcome("0.5", True, 199)]) is None
    assert knots_of([outcome("0.5", True, 200)]) is not None
    with pytest.raises(ValidationError, match="must ascend"):
        CalibrationTable(
            model="m", prompt_version="v", horizon_seconds=1, version=1, outcomes=200,
            knots=(Knot(said=Decimal("0.5"), seen=Decimal(1)),) * 2,
        )  # fmt: skip


OUTCOMES = st.lists(
    st.builds(
        Outcome,
        st.integers(0, 100).map(lambda pct: Decimal(pct) / 100),
        st.booleans(),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40)
@given(OUTCOMES)
def test_scores_lie_between_0_and_1_and_tables_never_fall(outcomes: list[Outcome]) -> None:
    found = calibration_of(outcomes)
    assert found.outcomes == sum(one.times for one in outcomes)
    for value in (found.brier, found.brier_low, found.brier_high, found.ece):
        assert value is None or 0 <= value <= 1
    knots = knots_of(outcomes)
    assert (knots is None) == (found.outcomes < 200)
    if knots is not None:
        table = CalibrationTable(
            model="m", prompt_version="v1", horizon_seconds=1, version=1,
            outcomes=found.outcomes, knots=knots,
        )  # fmt: skip
        values = [table.calibrated(Decimal(pct) / 100) for pct in range(101)]
        assert values == sorted(values)
        # no monotone table has a smaller error than the squared one of saying the mean
        paid_share = Decimal(found.paid) / found.outcomes
        assert values[0] - Decimal("0.000001") <= paid_share <= values[-1] + Decimal("0.000001")
