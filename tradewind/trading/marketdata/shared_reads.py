"""Answers that are shared: one request at a time for each question, and none while it is young."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, NamedTuple

MAX_REMEMBERED: Final = 1_000


class _Known[Answer](NamedTuple):
    answer: Answer
    until: float


class SharedReads[Answer]:
    """Remembers answers for a time, and lets those who ask meanwhile wait for the same request.

    Who asks has its own time-out: the request goes on for the others. An error is not remembered;
    it is that of all who waited.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._known: dict[Hashable, _Known[Answer]] = {}
        self._asked: dict[Hashable, asyncio.Task[Answer]] = {}

    async def get(self, question: Hashable, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return an answer that is young enough, else that of `ask`."""
        known = self._known.get(question)
        if known is not None and self._clock() < known.until:
            return known.answer
        task = self._asked.get(question)
        if task is None:
            task = self._asked[question] = asyncio.create_task(self._ask(question, ask))
            task.add_done_callback(_take_error)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End the requests that are under way."""
        tasks = list(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, question: Hashable, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            answer = await ask()
        finally:
            del self._asked[question]
        self._known.pop(question, None)
        self._known[question] = _Known(answer, self._clock() + self._seconds)
        while len(self._known) > MAX_REMEMBERED:
            del self._known[next(iter(self._known))]
        return answer


def _take_error(task: asyncio.Task[Any]) -> None:
    """Look at an error, which is nobody's when all who asked went away meanwhile."""
    if not task.cancelled():
        task.exception()
