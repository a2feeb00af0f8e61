"""The meter must count each message once, whichever thread handled it, and no warm-up."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from loadtest.bench.meter import Meter, Usage


async def test_the_measurement_is_finished_with_the_last_message_and_not_before() -> None:
    meter = Meter(warmup=2, messages=3)
    for _ in range(4):
        meter.tick()
    assert not meter.is_finished

    meter.tick()

    await meter.finished()
    assert meter.usage().messages == 3
    assert meter.usage().wall_seconds > 0


def test_ticks_from_many_threads_are_all_counted() -> None:
    meter = Meter(warmup=100, messages=7_900)

    def handle_a_thousand() -> None:
        for _ in range(1_000):
            meter.tick()

    with ThreadPoolExecutor(8) as threads:
        for _ in range(8):
            threads.submit(handle_a_thousand)

    assert meter.is_finished


def test_usage_per_message_leaves_the_warm_up_out() -> None:
    usage = Usage(messages=1_000, wall_seconds=0.5, cpu_seconds=0.1)

    assert usage.messages_per_second == 2_000
    assert usage.cpu_us_per_message == pytest.approx(100)


@pytest.mark.parametrize(("warmup", "messages"), [(0, 1), (1, 0)])
def test_a_measurement_without_messages_is_refused(warmup: int, messages: int) -> None:
    with pytest.raises(ValueError, match="at least one message"):
        Meter(warmup, messages)
