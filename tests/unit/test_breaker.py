"""A server that was silent a few times in a row is spared, and found back by one call a second."""

import pytest

from tradewind.breaker import MAX_SILENCES, PAUSE_SECONDS, Breaker, ServerSilent


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def silent(clock: Clock) -> Breaker:
    """Return a breaker of a server that has just been silent once too often."""
    breaker = Breaker("server", clock)
    for _ in range(MAX_SILENCES):
        breaker.check()
        breaker.was_silent()
    return breaker


def test_nobody_asks_a_silent_server(silent: Breaker, clock: Clock) -> None:
    with pytest.raises(ServerSilent, match="server"):
        silent.check()
    clock.now += PAUSE_SECONDS * 0.9
    with pytest.raises(ServerSilent):
        silent.check()


def test_one_caller_at_a_time_finds_out(silent: Breaker, clock: Clock) -> None:
    for _ in range(2):
        clock.now += PAUSE_SECONDS
        silent.check()
        with pytest.raises(ServerSilent):
            silent.check()
        silent.was_silent()


def test_the_first_answer_lets_everybody_through(silent: Breaker, clock: Clock) -> None:
    clock.now += PAUSE_SECONDS
    silent.check()
    silent.answered()
    for _ in range(MAX_SILENCES - 1):
        silent.check()
        silent.was_silent()
    silent.check()


def test_silences_between_answers_are_none_in_a_row(clock: Clock) -> None:
    breaker = Breaker("server", clock)
    for _ in range(MAX_SILENCES * 2):
        breaker.check()
        breaker.was_silent()
        breaker.answered()
    breaker.check()
