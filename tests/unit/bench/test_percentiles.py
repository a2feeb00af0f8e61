"""Percentiles by nearest rank, against their definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.bench.percentiles import median, percentile

SAMPLES = st.lists(st.floats(0, 1e9), min_size=1, max_size=200)


@given(SAMPLES, st.integers(1, 100))
def test_it_is_the_smallest_sample_that_the_percentage_does_not_exceed(
    samples: list[float], percent: int
) -> None:
    value = percentile(samples, percent)

    def covered(bound: float) -> float:
        return 100 * sum(sample <= bound for sample in samples)

    smaller = [sample for sample in samples if sample < value]
    assert value in samples
    assert covered(value) >= percent * len(samples)
    assert not smaller or covered(max(smaller)) < percent * len(samples)


def test_known_values() -> None:
    samples = [15.0, 20.0, 35.0, 40.0, 50.0]

    assert [percentile(samples, percent) for percent in (5, 30, 40, 50, 99, 100)] == [
        15.0,
        20.0,
        20.0,
        35.0,
        50.0,
        50.0,
    ]
    assert median(samples) == 35.0


@pytest.mark.parametrize(("samples", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_what_has_no_percentile_is_refused(samples: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match=r"no samples|percent must be"):
        percentile(samples, percent)
