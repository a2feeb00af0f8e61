"""A slow machine is waited for, a stuck projection is not, and nothing is waited for for ever."""

from tests.chaos.patience import Patience

STILL_SECONDS = 10.0
MOST_SECONDS = 100.0


def seconds_waited(reached: list[int]) -> int:
    """Return how long is waited for what reaches one of these places each second."""
    patience = Patience(0.0, STILL_SECONDS, MOST_SECONDS)
    lasts = (patience.lasts(place, float(now)) for now, place in enumerate(reached))
    return next((now for now, one in enumerate(lasts) if not one), len(reached))


def test_what_stands_still_is_given_up() -> None:
    assert seconds_waited([7] * 50) == STILL_SECONDS


def test_what_moves_is_waited_for() -> None:
    assert seconds_waited([now // 8 for now in range(60)]) == 60


def test_what_stops_later_is_given_up_from_then_on() -> None:
    assert seconds_waited([min(now, 30) for now in range(90)]) == 30 + STILL_SECONDS


def test_what_never_arrives_has_an_end() -> None:
    assert seconds_waited(list(range(200))) == MOST_SECONDS
