"""A lasting loop goes on whatever its work raises, and stops when it is told to."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tradewind.errors import ConfigurationError, TransientError
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import is_set_within, repeated, run_every

DEADLINE_SECONDS = 20.0


class Work:
    """Raises what it is given, one error a pass; after that it does its work until `passes`."""

    def __init__(self, *errors: BaseException, passes: int) -> None:
        self._errors = iter(errors)
        self._passes = passes
        self.done = 0
        self.stopped = asyncio.Event()

    async def __call__(self) -> None:
        for error in self._errors:
            raise error
        self.done += 1
        if self.done == self._passes:
            self.stopped.set()


def outage() -> Outage:
    return Outage("work", min_seconds=0.0)


@pytest.fixture
def records() -> Iterator[list[Any]]:
    with capture_logs() as captured:
        yield captured


async def run(work: Work, **options: Any) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        await run_every(0.0, work, outage(), work.stopped, **options)


async def test_it_repeats_until_it_is_stopped() -> None:
    work = Work(passes=3)
    await run(work)
    assert work.done == 3


async def test_a_defect_is_logged_and_the_loop_goes_on(records: list[Any]) -> None:
    planted = RuntimeError("planted")
    work = Work(planted, TransientError("away"), passes=2)
    await run(work)
    assert work.done == 2
    assert [record["event"] for record in records] == ["unexpected error", "lost", "back"]
    assert records[0]["exc_info"] is planted


async def test_only_errors_it_is_told_of_end_it(records: list[Any]) -> None:
    work = Work(RuntimeError(), ConfigurationError("wrong"), passes=1)
    with pytest.raises(ConfigurationError, match="wrong"):
        await run(work, fatal=(ConfigurationError,))
    assert work.done == 0


async def test_a_stopped_loop_does_not_wait_out_its_pause() -> None:
    work = Work(passes=1)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await run_every(3_600.0, work, outage(), work.stopped)
    assert work.done == 1


async def test_work_beside_a_block_outlives_a_defect_and_ends_with_the_block(
    records: list[Any],
) -> None:
    work = Work(RuntimeError("planted"), passes=5)
    async with asyncio.timeout(DEADLINE_SECONDS):
        async with repeated(0.0, work, outage()):
            await work.stopped.wait()
        done = work.done
        await asyncio.sleep(0)
    assert work.done == done >= 5
    assert records[0]["event"] == "unexpected error"


async def test_a_pass_under_way_may_finish_within_the_time_it_is_given() -> None:
    begun, go_on, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await go_on.wait()
        finished.set()

    async with asyncio.timeout(DEADLINE_SECONDS):
        async with repeated(0.0, slow, outage(), stop_seconds=DEADLINE_SECONDS):
            await begun.wait()
            asyncio.get_running_loop().call_soon(go_on.set)
        assert finished.is_set()
        begun.clear()
        go_on.clear()
        finished.clear()
        async with repeated(0.0, slow, outage()):
            await begun.wait()
    assert not finished.is_set()


async def test_waiting_for_an_event_is_bounded() -> None:
    event = asyncio.Event()
    assert not await is_set_within(event, 0.0)
    event.set()
    assert await is_set_within(event, 3_600.0)
