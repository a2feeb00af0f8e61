"""Keeps the requests of a minute within a weight, whatever asks and whoever was killed meanwhile.

The provider counts weight by address. What was spent is a list of seconds and weights over a
sliding minute, so no minute exceeds the limit wherever it begins, which a bucket of tokens does not
promise: a full one adds its content to what flows in. It is kept outside of the process before the
request is sent; a request whose spending cannot be kept is not sent.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from tradewind.trading.marketdata.errors import WeightSpent
from tradewind.trading.marketdata.metrics import WEIGHT_REFUSED, WEIGHT_USED

WINDOW_SECONDS: Final = 60
DEFAULT_LIMIT: Final = 300
PROVIDER_LIMIT: Final = 1_200

CANDLES_A_UNIT: Final = 60
LIGHT: Final = 2
HEAVY: Final = 20
LIGHT_TYPES: Final = frozenset({"allMids", "l2Book", "exchangeStatus"})

type Spent = Mapping[int, int]
"""Weights by the Unix second in which they were spent."""


def weight_of(request_type: str, candles: int = 0) -> int:
    """Return what a request weighs; `candles` is how many its answer has at most."""
    base = LIGHT if request_type in LIGHT_TYPES else HEAVY
    return base + math.ceil(candles / CANDLES_A_UNIT)


class WeightStore(Protocol):
    """Keeps what was spent."""

    async def spend(self, change: Callable[[Spent], Spent]) -> Spent:
        """Replace what is kept by what `change` makes of it; return that. It may run again.

        What `change` raises is raised, and nothing is replaced.
        """
        ...


class MemoryWeight:
    """A store that lasts as long as the process: for commands, and for tests."""

    def __init__(self) -> None:
        self._spent: Spent = {}

    async def spend(self, change: Callable[[Spent], Spent]) -> Spent:
        """Replace what is kept."""
        self._spent = change(self._spent)
        return self._spent


class WeightBudget:
    """Spends the weight of a minute. All processes with one store share the limit."""

    def __init__(
        self,
        store: WeightStore,
        limit: int = DEFAULT_LIMIT,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Take a limit a minute, and Unix time: it has to mean the same after a restart."""
        self._store = store
        self._limit = limit
        self._clock = clock
        self._sleep = sleep

    async def spend(self, weight: int, *, wait_seconds: float = 0.0) -> None:
        """Spend before a request is sent; WeightSpent when there is no room within a wait."""
        give_up_at = self._clock() + wait_seconds
        while True:
            try:
                spent = await self._store.spend(lambda spent: self._added(spent, weight))
            except WeightSpent as full:
                if self._clock() + full.seconds > give_up_at:
                    WEIGHT_REFUSED.inc()
                    raise
                await self._sleep(full.seconds)
            else:
                WEIGHT_USED.set(sum(spent.values()))
                return

    def _added(self, spent: Spent, weight: int) -> Spent:
        now = self._clock()
        kept = _within_window(spent, now)
        if sum(kept.values()) + weight > self._limit:
            raise WeightSpent(weight, self._limit, self._seconds_until(kept, weight, now))
        return kept | {int(now): kept.get(int(now), 0) + weight}

    def _seconds_until(self, spent: Spent, weight: int, now: float) -> float:
        """Return how long it takes until enough of what was spent is older than the window."""
        left = sum(spent.values())
        for second in sorted(spent):
            left -= spent[second]
            if left + weight <= self._limit:
                return max(0.0, second + 1 + WINDOW_SECONDS - now)
        return math.inf


def _within_window(spent: Spent, now: float) -> dict[int, int]:
    """Leave out what is over. A second counts until its end is a window ago, to be sure.

    What a clock that was set back left in the future counts for a window more at most.
    """
    return {
        second: weight
        for second, weight in spent.items()
        if -WINDOW_SECONDS <= now - second < WINDOW_SECONDS + 1
    }
