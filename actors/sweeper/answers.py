"""Forgets what models said word for word, once that is too old: the hash stays in the history."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from tradewind.postgres import Pool, outage_is_transient
from tradewind.runtime import clock
from tradewind.trading.evaluations.store import forget_answers

PAUSE_SECONDS: Final = 60.0
"""Between passes that leave nothing over."""
MAX_PER_PASS: Final = 1_000


class OldAnswers:
    """Forgets in passes, of which any number of processes may do some."""

    def __init__(
        self, pool: Pool, kept_days: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._kept = timedelta(days=kept_days)
        self._monotonic = monotonic
        self._due_at = 0.0

    async def forget(self) -> int:
        """Forget the answers that are due, if it is time to look; return how many."""
        if self._monotonic() < self._due_at:
            return 0
        now = clock.now()
        with outage_is_transient():
            forgotten = await forget_answers(self._pool, now - self._kept, now, MAX_PER_PASS)
        if forgotten < MAX_PER_PASS:
            self._due_at = self._monotonic() + PAUSE_SECONDS
        return forgotten
