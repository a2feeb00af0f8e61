"""Counts connections by the address they come from, so that one cannot take them all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.limits.addresses import network_of


class TooManyClients(Exception):
    """This address has as many connections as it may. Close one, or use it for more topics."""


class Admission:
    """Admits at most `per_address` connections of an address; 0 admits any number.

    Clients of this machine count as one address: any of them may be a page in a browser.
    """

    def __init__(self, per_address: int = 0) -> None:
        self._per_address = per_address
        self._connections: Counter[str] = Counter()

    @contextmanager
    def of(self, address: str | None) -> Iterator[None]:
        """Count a connection while it lasts; TooManyClients when it is one too many."""
        network = network_of(address)
        if self._per_address and self._connections[network] >= self._per_address:
            raise TooManyClients
        self._connections[network] += 1
        try:
            yield
        finally:
            self._connections[network] -= 1
            if not self._connections[network]:
                del self._connections[network]
