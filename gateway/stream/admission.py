"""Counts connections by the address they come from, so that one cannot take them all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address
from typing import Final

_NETWORK_BITS: Final = 64
"""One household or host has a whole network of this size in IPv6."""


class TooManyClients(Exception):
    """This address has as many connections as it may. Close one, or use it for more topics."""


class Admission:
    """Admits at most `per_address` connections of an address; 0 admits any number."""

    def __init__(self, per_address: int = 0) -> None:
        self._per_address = per_address
        self._connections: Counter[str] = Counter()

    @contextmanager
    def of(self, address: str | None) -> Iterator[None]:
        """Count a connection while it lasts; TooManyClients when it is one too many."""
        network = _network(address)
        if self._per_address and self._connections[network] >= self._per_address:
            raise TooManyClients
        self._connections[network] += 1
        try:
            yield
        finally:
            self._connections[network] -= 1
            if not self._connections[network]:
                del self._connections[network]


def _network(address: str | None) -> str:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _NETWORK_BITS << _NETWORK_BITS))
