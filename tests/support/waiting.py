"""Waits until something holds: one function for coroutines, one for plain functions.

A wait checks soon at first and less often later, so that short waits are short and long ones cost
little. Its deadline ends a test that hangs; no test asserts how long a wait took.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

PATIENCE_SECONDS: Final = 180.0
FIRST_PAUSE_SECONDS: Final = 0.005
LONGEST_PAUSE_SECONDS: Final = 0.1
_GROWTH: Final = 1.5

type Condition = Callable[[], object] | Callable[[], Awaitable[object]]


async def wait_until(
    holds: Condition,
    what: str = "",
    *,
    seconds: float = PATIENCE_SECONDS,
    despite: tuple[type[Exception], ...] = (),
) -> None:
    """Return once something holds; TimeoutError says what did not.

    An exception of `despite` counts as not holding yet, as while a server is away.
    """
    try:
        async with asyncio.timeout(seconds) as timer:
            for pause in _pauses():
                if await _answer(holds, despite):
                    return
                await asyncio.sleep(pause)
    except TimeoutError:
        if timer.expired():
            raise TimeoutError(_complaint(holds, what, seconds)) from None
        raise


def block_until(
    holds: Callable[[], object], what: str = "", *, seconds: float = PATIENCE_SECONDS
) -> None:
    """Do the same outside an event loop."""
    deadline = time.monotonic() + seconds
    for pause in _pauses():
        if holds():
            return
        if time.monotonic() > deadline:
            raise TimeoutError(_complaint(holds, what, seconds))
        time.sleep(pause)


async def _answer(holds: Condition, despite: tuple[type[Exception], ...]) -> object:
    try:
        answer = holds()
        return await answer if inspect.isawaitable(answer) else answer
    except despite:
        return False


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * _GROWTH, LONGEST_PAUSE_SECONDS)


def _complaint(holds: Condition, what: str, seconds: float) -> str:
    name = what or getattr(holds, "__qualname__", repr(holds))
    return f"not within {seconds:g} s: {name}"
