"""A wait ends as soon as something holds, and says what did not hold when it gives up."""

import asyncio
from collections.abc import Callable

import pytest

from tests.support.waiting import block_until, wait_until


def on_the(time: int) -> Callable[[], bool]:
    """Return what holds when asked that often."""
    answers = iter([*[False] * (time - 1), True])
    return lambda: next(answers)


async def test_it_asks_until_it_holds() -> None:
    await wait_until(on_the(3))
    block_until(on_the(3))


async def test_a_coroutine_may_be_asked() -> None:
    answer = on_the(2)

    async def holds() -> bool:
        return answer()

    await wait_until(holds)


async def test_who_gives_up_says_what_did_not_hold() -> None:
    with pytest.raises(TimeoutError, match=r"not within 0\.01 s: the sun rises"):
        await wait_until(lambda: False, "the sun rises", seconds=0.01)
    with pytest.raises(TimeoutError, match=r"not within 0\.01 s: the sun rises"):
        block_until(lambda: False, "the sun rises", seconds=0.01)


async def test_a_question_that_hangs_is_given_up() -> None:
    with pytest.raises(TimeoutError, match=r"not within 0\.01 s: Event\.wait"):
        await wait_until(asyncio.Event().wait, seconds=0.01)


async def test_only_a_named_exception_means_not_yet() -> None:
    asked = on_the(2)

    def holds() -> bool:
        if not asked():
            raise ConnectionError("away")
        return True

    await wait_until(holds, despite=(ConnectionError,))
    with pytest.raises(ZeroDivisionError):
        await wait_until(lambda: 1 / 0, despite=(ConnectionError,))


async def test_a_time_out_of_the_question_itself_is_not_hidden() -> None:
    def holds() -> bool:
        raise TimeoutError("of the question")

    with pytest.raises(TimeoutError, match="of the question"):
        await wait_until(holds)
