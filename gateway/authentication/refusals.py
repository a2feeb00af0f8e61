"""Counts by address who was refused, so that guessing and flooding end soon."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from gateway.limits.addresses import network_of

REFUSALS_PER_MINUTE: Final = 120
MAX_ADDRESSES: Final = 10_000
MINUTE_SECONDS: Final = 60.0


class Refusals:
    """A bucket for each address, and for each /64 of IPv6, which one host has as a whole."""

    def __init__(
        self,
        *,
        per_minute: int = REFUSALS_PER_MINUTE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """How many refusals are not paid back, and as of when, the least recent first."""

    def wait_seconds(self, address: str | None) -> float:
        """Return how long an address has to wait before it is heard again; 0 for hardly any."""
        excess = self._level(network_of(address)) + 1 - self._per_minute
        return max(0.0, excess * MINUTE_SECONDS / self._per_minute)

    def count(self, address: str | None) -> None:
        """Count a refusal."""
        network = network_of(address)
        self._spent[network] = (self._level(network) + 1, self._clock())
        self._spent.move_to_end(network)
        if len(self._spent) > MAX_ADDRESSES:
            self._spent.popitem(last=False)

    def _level(self, network: str) -> float:
        level, since = self._spent.get(network, (0.0, 0.0))
        paid_back = (self._clock() - since) * self._per_minute / MINUTE_SECONDS
        return max(0.0, level - paid_back)
