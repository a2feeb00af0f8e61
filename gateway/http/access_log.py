"""Writes a line a request, but only some of them while requests fail in floods."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import structlog

WINDOW_SECONDS: Final = 10.0
MAX_FAILURES_PER_WINDOW: Final = 50
"""How many lines each status above 399 gets in a window; a client that floods gets no more."""
FIRST_FAILURE_STATUS: Final = 400

logger = structlog.get_logger(__name__)

type Later = Callable[[float, Callable[[], None]], object]


def _call_later(seconds: float, act: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(seconds, act)


class AccessLog:
    """The log of requests. A window begins with the first failure and ends by itself.

    What is left out in it is said at its end, so that the log tells of every request.
    """

    def __init__(self, later: Later = _call_later) -> None:
        self._later = later
        self._written = Counter[int]()
        self._left_out = Counter[tuple[int, str]]()

    def write(self, status: int, route: str, is_probe: bool, **fields: Any) -> None:
        """Write the line of a request, or count it."""
        if status >= FIRST_FAILURE_STATUS and not self._has_room(status):
            self._left_out[status, route] += 1
            return
        log = logger.debug if is_probe else logger.info
        log("request", status=status, route=route, **fields)

    def _has_room(self, status: int) -> bool:
        if not self._written:
            self._later(WINDOW_SECONDS, self._end_window)
        self._written[status] += 1
        return self._written[status] <= MAX_FAILURES_PER_WINDOW

    def _end_window(self) -> None:
        for (status, route), requests in sorted(self._left_out.items()):
            logger.warning(
                "requests left out",
                status=status,
                route=route,
                requests=requests,
                window_seconds=WINDOW_SECONDS,
            )
        self._written.clear()
        self._left_out.clear()
