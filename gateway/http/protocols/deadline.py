"""A deadline that is moved often and costs a timer seldom."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls back once a point in time has passed that nobody has moved or cleared.

    A timer that fires too early starts again for the rest, so that moving the deadline, which every
    request does several times, only sets a number.
    """

    __slots__ = ("_at", "_expired", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._expired = expired
        self._at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """Expire after so many seconds from now."""
        self._move(self._loop.time() + seconds)

    def tighten(self, seconds: float) -> None:
        """Expire after so many seconds, if that is earlier than it was to be."""
        at = self._loop.time() + seconds
        if self._at is None or at < self._at:
            self._move(at)

    def clear(self) -> None:
        """Never expire, until it is set again."""
        self._at = None

    def cancel(self) -> None:
        """Never expire, and let go of the timer."""
        self._at = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _move(self, at: float) -> None:
        self._at = at
        if self._timer is None or at < self._timer.when():
            self._start(at)

    def _start(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._at is None:
            return
        if self._loop.time() < self._at:
            self._start(self._at)
            return
        self._at = None
        self._expired()
