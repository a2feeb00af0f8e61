"""Remembers where the price of a pool stood during the last minutes. Memory only."""

from collections import deque
from datetime import datetime, timedelta
from statistics import median_low
from typing import Final

WINDOW: Final = timedelta(minutes=10)
STEP: Final = timedelta(seconds=5)
"""Samples are at least this far apart, so that their number is bounded on any chain."""
SHORTEST_PAST: Final = timedelta(minutes=1)
"""A pool that was seen for a shorter time has no past."""
ROUNDING_TICKS: Final = 100
"""A past is told in steps of about 1 %: processes that began to watch at different moments then
observe the same market, which is recorded once."""


class PricePast:
    """The ticks of one pool's price, one sample per STEP within WINDOW."""

    def __init__(self) -> None:
        self._samples: deque[tuple[datetime, int]] = deque()
        self.tick: int | None = None
        """The median, rounded; None for a pool that has been seen too short a time."""

    def add(self, block_time: datetime, tick: int) -> None:
        """Take the state of a block; those of later ones are forgotten, as after a reorg."""
        samples = self._samples
        if samples and samples[-1][0] < block_time < samples[-1][0] + STEP:
            return
        while samples and samples[-1][0] >= block_time:
            samples.pop()
        if not samples or block_time - samples[-1][0] >= STEP:
            samples.append((block_time, tick))
        while block_time - samples[0][0] > WINDOW:
            samples.popleft()
        is_short = block_time - samples[0][0] < SHORTEST_PAST
        self.tick = None if is_short else _rounded(median_low(tick for _, tick in samples))


def _rounded(tick: int) -> int:
    return (tick + ROUNDING_TICKS // 2) // ROUNDING_TICKS * ROUNDING_TICKS
