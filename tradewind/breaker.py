"""Spares callers the wait for a server that has failed a few times in a row."""

import time
from collections.abc import Callable
from typing import Final

MAX_SILENCES: Final = 3
"""After this many in a row nobody waits for the server any more."""
PAUSE_SECONDS: Final = 1.0
"""Meanwhile one caller in this time is let through, to find out whether it is back."""


class ServerSilent(TimeoutError):
    """The server did not answer a few times in a row, so it was not asked. Ask again later."""


class Breaker:
    """Counts the silences of one server; its first answer lets everybody through again.

    Whoever uses it says what a silence is, and how many in a row are too many.
    """

    def __init__(
        self,
        server: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_silences: int = MAX_SILENCES,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._server = server
        self._clock = clock
        self._max_silences = max_silences
        self._pause_seconds = pause_seconds
        self._silences = 0
        self._asked_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether only one caller in `pause_seconds` is let through."""
        return self._silences >= self._max_silences

    def check(self) -> None:
        """Raise ServerSilent unless this caller may ask the server."""
        if not self.is_open:
            return
        if self._clock() < self._asked_at + self._pause_seconds:
            raise ServerSilent(f"{self._server} does not answer")
        self._asked_at = self._clock()

    def was_silent(self) -> None:
        """Count a call that had no answer in time."""
        self._silences += 1
        if self._silences == self._max_silences:
            self._asked_at = self._clock()

    def answered(self) -> None:
        """Forget the silences, because the server said something."""
        self._silences = 0
