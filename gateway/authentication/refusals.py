"""Counts by address who was refused, so that guessing and flooding end soon."""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

REFUSALS_PER_MINUTE: Final = 120
MAX_ADDRESSES: Final = 10_000
MINUTE_SECONDS: Final = 60.0
_NETWORK_BITS: Final = 64


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
        excess = self._level(_network(address)) + 1 - self._per_minute
        return max(0.0, excess * MINUTE_SECONDS / self._per_minute)

    def count(self, address: str | None) -> None:
        """Count a refusal."""
        network = _network(address)
        self._spent[network] = (self._level(network) + 1, self._clock())
        self._spent.move_to_end(network)
        if len(self._spent) > MAX_ADDRESSES:
            self._spent.popitem(last=False)

    def _level(self, network: str) -> float:
        level, since = self._spent.get(network, (0.0, 0.0))
        paid_back = (self._clock() - since) * self._per_minute / MINUTE_SECONDS
        return max(0.0, level - paid_back)


def _network(address: str | None) -> str:
    try:
        known = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(int(known) >> _NETWORK_BITS)
    return str(getattr(known, "ipv4_mapped", None) or known)
