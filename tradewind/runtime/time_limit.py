"""Stops handlers that run too long, without a timer for each of them."""

import asyncio
from collections.abc import Awaitable

from tradewind.errors import TradewindError


class TimeLimitExceeded(TradewindError):
    """The handler was stopped at its time limit. What it had begun may still take effect."""

    code = "TIME_LIMIT_EXCEEDED"


class TimeLimit:
    """A limit that many tasks have in common.

    Those that run are sorted by their deadlines, so one timer is enough, which looks at the
    first one again when that is due. A timer for each would cost as much as a small handler.
    """

    def __init__(self, limit_ms: int) -> None:
        self._limit_ms = limit_ms
        self._running: dict[asyncio.Task[object], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def run[T](self, work: Awaitable[T]) -> T:
        """Return the result; TimeLimitExceeded when this task was stopped at the limit.

        As with `asyncio.timeout`, a cancellation by somebody else stays one, and whatever else the
        work raises is raised.
        """
        task = asyncio.current_task()
        assert task is not None, "handlers run in tasks"
        cancelled_before = task.cancelling()
        self._begin(task)
        try:
            return await work
        except (asyncio.CancelledError, TimeoutError) as error:
            is_others = (
                isinstance(error, asyncio.CancelledError)
                and task.cancelling() - 1 > cancelled_before
            )
            if task in self._running or is_others:
                raise
            raise TimeLimitExceeded(f"stopped after {self._limit_ms} ms") from None
        finally:
            if self._running.pop(task, None) is None:
                task.uncancel()

    def _begin(self, task: asyncio.Task[object]) -> None:
        loop = task.get_loop()
        deadline = loop.time() + self._limit_ms / 1_000
        self._running[task] = deadline
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._stop_overdue, loop)

    def _stop_overdue(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer, now = None, loop.time()
        while self._running:
            task, deadline = next(iter(self._running.items()))
            if deadline > now:
                self._timer = loop.call_at(deadline, self._stop_overdue, loop)
                return
            del self._running[task]
            task.cancel()
