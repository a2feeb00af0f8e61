"""Counts once for everybody who asks for the same at the same time, and one thing at a time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Final

from gateway.records import IntentCounts
from tradewind.ledger.history.intent_counts import Counts, Seen

KEPT_SECONDS: Final = 2.0
MAX_KEPT: Final = 32
SAME_MOMENT: Final = 8
"""So many characters of an id tell its time to the second."""


class RecentCounts:
    """Keeps what was counted for a moment: a page that many have open asks for it all the time."""

    def __init__(self, counts: IntentCounts, clock: Callable[[], float] = time.monotonic) -> None:
        self._counts = counts
        self._clock = clock
        self._turn = asyncio.Semaphore(1)
        self._kept: OrderedDict[Hashable, tuple[float, Counts]] = OrderedDict()

    async def count(self, first_ids: Sequence[str], lowest: str, seen: Seen) -> Counts:
        """Return the counts of a window, or those of two seconds ago that began in its second."""
        whose = tuple(None if one is None else tuple(one) for one in seen)
        key = (lowest[:SAME_MOMENT], tuple(first_ids), whose)
        async with self._turn:
            kept = self._kept.pop(key, None)
            if kept is None or self._clock() - kept[0] >= KEPT_SECONDS:
                kept = (self._clock(), await self._counts.count(first_ids, lowest, seen))
            self._kept[key] = kept
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            return kept[1]
