"""Knows all usable keys and open sessions, no older than half a second while PostgreSQL answers."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

from gateway.errors import CannotTell
from tradewind.keys.store import KeySnapshot
from tradewind.runtime.periodic import is_set_within

REFRESH_SECONDS: Final = 0.5
"""A key is revoked at the latest this much later, and what its loading takes."""
SPACING_SECONDS: Final = 0.05
"""Between two refreshes, however often somebody asks for one."""
RENEWAL_SECONDS: Final = 1.0
"""How long a request waits for a refresh before what is known decides."""


class Keys(Protocol):
    """Reads the store of keys; TransientError while it cannot."""

    async def snapshot(self, known: KeySnapshot | None) -> KeySnapshot: ...


class KeyRing:
    """A copy of the keys that a loop refreshes.

    The store is asked every half second instead of being listened to: no notification can be lost,
    and no request of a stranger reaches the database. Who is refused by the copy is judged again by
    the next one, so a new key is good at once and every refusal takes the same time.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        max_age_seconds: float,
        on_refresh: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._max_age_seconds = max_age_seconds
        self._on_refresh = on_refresh
        self._clock = clock
        self._known: KeySnapshot | None = None
        self._known_at = 0.0
        self._asked = asyncio.Event()
        self._ended = asyncio.Event()
        self._begun = 0
        self._done = 0

    @property
    def is_stale(self) -> bool:
        """Whether the copy is too old to believe anybody."""
        return self._known is None or self._clock() - self._known_at > self._max_age_seconds

    @property
    def snapshot(self) -> KeySnapshot:
        """What is known; CannotTell when that is too old."""
        if self._known is None or self.is_stale:
            raise CannotTell("the keys are not known: PostgreSQL does not answer")
        return self._known

    async def load(self) -> KeySnapshot:
        """Read the keys; TransientError when they cannot be read."""
        began_at = self._clock()
        self._known = await self._keys.snapshot(self._known)
        self._known_at = began_at
        return self._known

    async def follow(self) -> None:
        """Refresh once, when somebody asks for it or it is time; a loop repeats this."""
        await is_set_within(self._asked, REFRESH_SECONDS)
        self._asked.clear()
        self._begun += 1
        try:
            await self.load()
        finally:
            self._done = self._begun
            ended, self._ended = self._ended, asyncio.Event()
            ended.set()
            self._on_refresh()

    async def renewed(self) -> KeySnapshot:
        """Return keys read after this call, or what is known when that takes too long."""
        wanted = self._begun + 1
        self._asked.set()
        try:
            async with asyncio.timeout(RENEWAL_SECONDS):
                while self._done < wanted:
                    await self._ended.wait()
        except TimeoutError:
            pass
        return self.snapshot
