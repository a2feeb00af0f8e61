"""A handler is stopped at its limit, and nobody else is."""

import asyncio

import pytest

from tradewind.runtime.time_limit import TimeLimit, TimeLimitExceeded

SHORT_MS = 20
LONG_MS = 60_000


def cancellations() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


async def test_a_handler_is_stopped_at_its_limit() -> None:
    """Given one that never ends, then its task goes on, as if nobody had cancelled it."""
    with pytest.raises(TimeLimitExceeded, match="stopped after 20 ms"):
        await TimeLimit(SHORT_MS).run(asyncio.Event().wait())
    assert cancellations() == 0
    await asyncio.sleep(0)


async def test_each_is_stopped_in_its_turn_and_one_timer_does_for_all() -> None:
    """Given handlers that began one after another, then the timer of the first finds the others."""
    limit, loop, made = TimeLimit(SHORT_MS), asyncio.get_running_loop(), 0
    for _ in range(50):
        assert await limit.run(asyncio.sleep(0, "done")) == "done"
        made += limit._timer is not None
    first = limit._timer
    assert made == 50
    assert first is not None
    late = [asyncio.create_task(limit.run(asyncio.Event().wait())) for _ in range(3)]
    await asyncio.sleep(0)
    assert limit._timer is first
    assert first.when() <= loop.time() + SHORT_MS / 1_000
    results = await asyncio.gather(*late, return_exceptions=True)
    assert [type(one) for one in results] == [TimeLimitExceeded] * 3
    assert limit._timer is None


async def test_a_cancellation_by_another_stays_one() -> None:
    task = asyncio.create_task(TimeLimit(LONG_MS).run(asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_a_cancellation_at_the_limit_is_not_taken_for_the_limit() -> None:
    """Given a worker that stops while a handler is being stopped, then the task ends cancelled."""

    async def stopped_again() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            raise

    task = asyncio.create_task(TimeLimit(SHORT_MS).run(stopped_again()))
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_a_handler_raises_or_returns_is_its_own() -> None:
    async def times_out() -> None:
        raise TimeoutError("of its own")

    async def returns_all_the_same() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "late"
        return ""

    with pytest.raises(TimeoutError, match="of its own"):
        await TimeLimit(LONG_MS).run(times_out())
    assert await TimeLimit(SHORT_MS).run(returns_all_the_same()) == "late"
    assert cancellations() == 0
    await asyncio.sleep(0)


async def test_a_time_out_inside_that_the_limit_caused_is_the_limit() -> None:
    async def gives_up() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise TimeoutError from None

    with pytest.raises(TimeLimitExceeded):
        await TimeLimit(SHORT_MS).run(gives_up())
    assert cancellations() == 0
