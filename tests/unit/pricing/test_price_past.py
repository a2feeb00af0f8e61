"""Where the price of a pool stood in its last minutes."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import NOW
from tradewind.trading.pricing.pools.price_past import (
    ROUNDING_TICKS,
    SHORTEST_PAST,
    STEP,
    WINDOW,
    PricePast,
)


def past_of(*seen: tuple[int, int]) -> PricePast:
    past = PricePast()
    for second, tick in seen:
        past.add(NOW + timedelta(seconds=second), tick)
    return past


def test_a_pool_that_was_seen_for_less_than_a_minute_has_no_past() -> None:
    seconds = int(SHORTEST_PAST.total_seconds())
    assert past_of(*((second, 100) for second in range(0, seconds, 5))).tick is None
    assert past_of(*((second, 100) for second in range(0, seconds + 1, 5))).tick == 100


def test_it_is_told_in_steps_of_a_hundred_ticks() -> None:
    for tick, told in ((149, 100), (150, 200), (-149, -100), (-151, -200), (0, 0)):
        assert past_of(*((second, tick) for second in range(0, 65, 5))).tick == told


def test_a_block_of_the_same_moment_or_a_lost_one_does_not_count_twice() -> None:
    steady = [(second, 0) for second in range(0, 100, 5)]
    assert past_of(*steady, *[(100, 90_000)] * 100).tick == 0
    lost = [(second, 90_000) for second in range(100, 300, 5)]
    assert past_of(*steady, *lost).tick == 90_000
    assert past_of(*steady, *lost, (100, 0)).tick == 0


@given(st.lists(st.integers(0, 30), min_size=1, max_size=400), st.integers(-10_000, 10_000))
def test_it_is_bounded_and_near_what_was_seen(pauses: list[int], tick: int) -> None:
    past, second = PricePast(), 0
    for pause in pauses:
        second += pause
        past.add(NOW + timedelta(seconds=second), tick)
    assert len(past._samples) <= WINDOW / STEP + 1
    assert past.tick is None or abs(past.tick - tick) <= ROUNDING_TICKS // 2
