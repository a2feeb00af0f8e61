"""Calls that come together share one; nobody gets another's result or waits for ever."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from tradewind.runtime.shared_calls import MAX_SHARED, SharedCalls

READER: ContextVar[str] = ContextVar("reader", default="nobody")


class Doubling:
    """Notes what is asked together, and takes its time."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.is_asked = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        self.is_asked.set()
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return [2 * number for number in numbers]


async def test_those_that_come_together_are_asked_together() -> None:
    doubling = Doubling()
    shared = SharedCalls(doubling)
    assert await asyncio.gather(*map(shared.call, range(5))) == [0, 2, 4, 6, 8]
    assert doubling.asked == [[0, 1, 2, 3, 4]]


async def test_those_that_come_meanwhile_are_asked_next() -> None:
    doubling = Doubling()
    shared = SharedCalls(doubling)
    first = asyncio.create_task(shared.call(1))
    await doubling.is_asked.wait()
    assert await asyncio.gather(*map(shared.call, (2, 3))) == [4, 6]
    assert await first == 2
    assert doubling.asked == [[1], [2, 3]]
    assert await shared.call(4) == 8


async def test_nothing_is_asked_for_those_that_went_away() -> None:
    doubling = Doubling()
    shared = SharedCalls(doubling)
    first, gone = (asyncio.create_task(shared.call(number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await first == 2
    second, gone = (asyncio.create_task(shared.call(number)) for number in (3, 4))
    await doubling.is_asked.wait()
    gone.cancel()
    assert await second == 6
    assert await shared.call(5) == 10
    assert doubling.asked == [[1], [3], [5]]


async def test_a_call_takes_no_more_than_its_limit() -> None:
    doubling = Doubling()
    shared = SharedCalls(doubling)
    await asyncio.gather(*map(shared.call, range(MAX_SHARED + 1)))
    assert [len(numbers) for numbers in doubling.asked] == [MAX_SHARED, 1]


async def test_an_error_is_everybodys_and_the_next_call_goes_on() -> None:
    doubling = Doubling()
    shared = SharedCalls(doubling)
    doubling.error = ValueError("no")
    failed = await asyncio.gather(*map(shared.call, (1, 2)), return_exceptions=True)
    assert failed == [doubling.error, doubling.error]
    doubling.error = None
    assert await shared.call(3) == 6


async def test_who_stops_waiting_disturbs_nobody() -> None:
    doubling = Doubling()
    shared = SharedCalls(doubling)
    impatient, patient = (asyncio.create_task(shared.call(number)) for number in (1, 2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_shared_call_is_nobodys_alone() -> None:
    """Given callers with contexts of their own, then what is shared has none of them."""
    seen: list[str] = []

    async def read(numbers: Sequence[int]) -> list[int]:
        seen.append(READER.get())
        return list(numbers)

    shared = SharedCalls(read)

    async def call(name: str) -> str:
        READER.set(name)
        await shared.call(1)
        return READER.get()

    names = ["one", "other"]
    assert await asyncio.gather(*map(call, names)) == names
    assert seen == ["nobody"]
