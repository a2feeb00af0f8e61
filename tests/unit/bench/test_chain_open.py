"""The label of a row says how many swaps were open: that has to be true."""

import pytest

from loadtest.bench.chain_open import open_on_average


def test_only_the_part_within_the_window_counts() -> None:
    opened = {"before": 0.0, "within": 12.0, "over the end": 18.0, "after": 25.0}
    closed = {"before": 15.0, "within": 14.0, "over the end": 30.0, "after": 26.0}

    # 5 s, 2 s and 2 s of the ten between 10 and 20.
    assert open_on_average(opened, closed, 10.0, 20.0) == pytest.approx(0.9)


def test_a_swap_without_an_end_stays_open() -> None:
    assert open_on_average({"stuck": 5.0}, {}, 10.0, 20.0) == pytest.approx(1.0)


def test_a_swap_that_ended_before_the_window_is_not_open_in_it() -> None:
    assert open_on_average({"early": 1.0}, {"early": 2.0}, 10.0, 20.0) == 0.0
