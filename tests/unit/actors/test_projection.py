"""What the write path hands over while a page is written is shown together, and in its order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from unittest.mock import AsyncMock, Mock

import pytest

from actors.coordinator import projection as projection_module
from actors.coordinator.projection import (
    MAX_REST_SECONDS,
    MIN_REST_SECONDS,
    Projection,
    rest_seconds,
)
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.ledger.append.writer import AppendResult
from tradewind.ledger.records import PlacedEvent, WriterPosition
from tradewind.readmodels.projection.projector import PAGE_EVENTS

ONE = History(1)
EVENT = ONE.events(ONE.approved())[0]


class Projector:
    """Notes what is projected, and holds every page until it is let go."""

    def __init__(self) -> None:
        self.pages: list[tuple[str, int, list[int]]] = []
        self.held = asyncio.Event()
        self.reached_end = True

    async def project(self, incarnation: str, start: int, events: Sequence[PlacedEvent]) -> bool:
        self.pages.append((incarnation, start, [one.global_seq for one in events]))
        await self.held.wait()
        return self.reached_end

    async def catch_up(self) -> int:
        return 0


def appended(start: int, count: int, incarnation: str = "a") -> AppendResult:
    placed = tuple(PlacedEvent(EVENT, start + one) for one in range(1, count + 1))
    position = WriterPosition(incarnation, 1, start + count, 1)
    return AppendResult(position, start, placed, (b"",) * count, 0, (), 0)


@asynccontextmanager
async def projecting(
    projector: Projector, scrub: AsyncMock | None = None
) -> AsyncIterator[Projection]:
    """Project while the block runs."""
    position = WriterPosition("a", 1, 0, 1)
    ledger = Mock(position=AsyncMock(return_value=position))
    store = Mock(mark=AsyncMock(return_value=None))
    scrubber = Mock(step=scrub or AsyncMock(return_value=0))
    projection = Projection(ledger, store, projector, scrubber)  # type: ignore[arg-type]
    running = asyncio.create_task(projection.run())
    try:
        assert await projection.is_finished_within(10.0)
        yield projection
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def shown(results: Sequence[AppendResult]) -> list[tuple[str, int, list[int]]]:
    """Return the pages projected when all but the first result come while the first is written."""
    projector = Projector()
    async with projecting(projector) as projection:
        projection.hand_over(results[0])
        await wait_until(lambda: bool(projector.pages))
        for result in results[1:]:
            projection.hand_over(result)
        projector.held.set()
        assert await projection.is_finished_within(10.0)
    return projector.pages


def rest_for(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("MIN_REST_SECONDS", "MAX_REST_SECONDS"):
        monkeypatch.setattr(projection_module, bound, seconds)


async def test_batches_that_came_meanwhile_are_one_page() -> None:
    pages = await shown([appended(0, 1), appended(1, 2), appended(3, 1)])
    assert pages == [("a", 0, [1]), ("a", 1, [2, 3, 4])]


async def test_a_page_ends_at_a_gap_and_at_another_incarnation() -> None:
    pages = await shown([appended(0, 1), appended(1, 1), appended(5, 1), appended(6, 1, "b")])
    assert pages == [("a", 0, [1]), ("a", 1, [2]), ("a", 5, [6]), ("b", 6, [7])]


async def test_a_page_is_small_unless_one_batch_is_large() -> None:
    half = PAGE_EVENTS // 2 + 1
    pages = await shown([appended(0, 1), appended(1, half), appended(1 + half, half)])
    assert [len(numbers) for *_, numbers in pages] == [1, half, half]
    large = await shown([appended(0, 1), appended(1, 3 * half), appended(1 + 3 * half, 1)])
    assert [len(numbers) for *_, numbers in large] == [1, 3 * half, 1]


async def test_what_comes_during_a_rest_is_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a write that is done, then what comes until the rest ends is written together."""
    rest_for(1.0, monkeypatch)
    projector = Projector()
    projector.held.set()
    async with projecting(projector) as projection:
        projection.hand_over(appended(0, 1))
        await wait_until(lambda: bool(projector.pages), "the first is written at once")
        for result in (appended(1, 1), appended(2, 1)):
            projection.hand_over(result)
            for _ in range(50):
                await asyncio.sleep(0)
        assert await projection.is_finished_within(30.0)
    assert projector.pages == [("a", 0, [1]), ("a", 1, [2, 3])]


async def test_a_page_that_fills_during_a_rest_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rest_for(3_600.0, monkeypatch)
    projector = Projector()
    projector.held.set()
    async with projecting(projector) as projection:
        projection.hand_over(appended(0, 1))
        await wait_until(lambda: bool(projector.pages), "the first is written at once")
        projection.hand_over(appended(1, PAGE_EVENTS))
        await wait_until(lambda: len(projector.pages) == 2, "the rest ends")
    assert [len(numbers) for *_, numbers in projector.pages] == [1, PAGE_EVENTS]


async def test_what_is_due_is_checked_also_where_there_is_always_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given a rest that only a page ends, then there is no moment in which nothing is left."""
    rest_for(3_600.0, monkeypatch)
    monkeypatch.setattr(projection_module, "CHECK_SECONDS", 0.05)
    projector, scrub, start = Projector(), AsyncMock(return_value=0), 0
    projector.held.set()
    async with projecting(projector, scrub) as projection:
        projection.hand_over(appended(0, 1))
        await wait_until(lambda: bool(projector.pages), "it rests")
        checked, start = scrub.await_count, 1

        def is_checked_again() -> bool:
            nonlocal start
            projection.hand_over(appended(start, PAGE_EVENTS))
            start += PAGE_EVENTS
            return scrub.await_count > checked

        await wait_until(is_checked_again, "it is checked")
        assert not await projection.is_finished_within(0.0)


def test_a_rest_is_in_proportion_to_the_write_before_it() -> None:
    rests = [rest_seconds(write_seconds) for write_seconds in (0.0, 0.004, 0.01, 0.02, 1.0)]
    assert rests == [MIN_REST_SECONDS, MIN_REST_SECONDS, 0.04, 0.08, MAX_REST_SECONDS]
