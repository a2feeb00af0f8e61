"""A settlement rests longer after a longer pass, and not at all when little is to be done."""

import pytest

from actors.portfolio.settlement import MAX_REST_SECONDS, PAUSE_SECONDS, rest_seconds


@pytest.mark.parametrize(
    ("spent_seconds", "pause_seconds"),
    [(0.0, 0.1), (0.01, 0.1), (0.05, 0.3), (0.08, 0.48), (9, 0.5)],
)
def test_the_whole_pause_is_six_times_the_pass_within_its_bounds(
    spent_seconds: float, pause_seconds: float
) -> None:
    whole = PAUSE_SECONDS + rest_seconds(spent_seconds)
    assert whole == pytest.approx(pause_seconds)
    assert whole <= MAX_REST_SECONDS
