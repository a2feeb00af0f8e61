"""How much of something a node takes in one request, as far as it has shown."""

import time
from collections.abc import Callable
from typing import Final

MEMORY_SECONDS: Final = 600.0
"""After this time the largest size is tried again, because providers change their limits."""


class Portion:
    """A size of requests: the largest allowed, or a smaller one that a node was seen to take."""

    def __init__(self, largest: int, now: Callable[[], float] = time.monotonic) -> None:
        self._largest = largest
        self._now = now
        self._learned = largest
        self._until = 0.0

    @property
    def size(self) -> int:
        """The size to ask with now."""
        return self._learned if self._now() < self._until else self._largest

    def learn(self, size: int) -> None:
        """Ask with this size for a while."""
        self._learned = max(1, min(size, self._largest))
        self._until = self._now() + MEMORY_SECONDS
