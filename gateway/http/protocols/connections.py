"""Bounds how many connections there are, and picks those that end when there are too many."""

from collections import Counter, defaultdict
from typing import Protocol

from gateway.http.hosts import is_loopback
from gateway.limits.addresses import network_of
from gateway.metrics import CONNECTIONS, CONNECTIONS_CUT


class Connection(Protocol):
    """A connection that can be ended from outside."""

    def cut_off(self, reason: str) -> None:
        """End at once, without an answer."""


class Connections:
    """Knows every connection, by the client's address, and which of them wait for a request.

    When there is no room, the one that has waited longest ends: for its client to send a request,
    or the rest of one. So slow clients and idle ones make room for those that ask. A connection
    whose request is being answered, and a WebSocket, are never ended for another one.

    Clients of this machine share one address, so only the limit of all counts for them.
    """

    def __init__(self, limit: int, limit_per_address: int) -> None:
        self._limit = limit
        self._limit_per_address = limit_per_address
        self._group_of: dict[Connection, str | None] = {}
        self._sizes: Counter[str | None] = Counter()
        self._waiting: dict[Connection, None] = {}
        self._waiting_of: dict[str | None, dict[Connection, None]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._group_of)

    def admit(self, connection: Connection, address: str | None) -> bool:
        """Take in a connection that waits for its first request; False when there is no room."""
        group = group_of(address)
        if not self._has_room(group):
            CONNECTIONS_CUT.labels("refused").inc()
            return False
        self._group_of[connection] = group
        self._sizes[group] += 1
        CONNECTIONS.set(len(self._group_of))
        self.waits(connection)
        return True

    def waits(self, connection: Connection) -> None:
        """Note that the client's turn to send begins."""
        if connection in self._group_of:
            self._waiting[connection] = None
            self._waiting_of[self._group_of[connection]][connection] = None

    def works(self, connection: Connection) -> None:
        """Note that the connection is used until its client's next turn."""
        if self._waiting.pop(connection, connection) is None:
            self._stop_waiting(connection, self._group_of[connection])

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        if connection not in self._group_of:
            return
        self.works(connection)
        group = self._group_of.pop(connection)
        self._sizes[group] -= 1
        if not self._sizes[group]:
            del self._sizes[group]
        CONNECTIONS.set(len(self._group_of))

    def hand_over(self, old: Connection, new: Connection) -> None:
        """Put another connection in the place of one, which goes on as that."""
        self.works(old)
        self._group_of[new] = self._group_of.pop(old)

    def _has_room(self, group: str | None) -> bool:
        if group is not None and self._sizes[group] >= self._limit_per_address:
            return self._make_room(self._waiting_of.get(group, {}))
        return len(self._group_of) < self._limit or self._make_room(self._waiting)

    def _make_room(self, waiting: dict[Connection, None]) -> bool:
        slowest = next(iter(waiting), None)
        if slowest is None:
            return False
        self.leave(slowest)
        slowest.cut_off("crowded_out")
        return True

    def _stop_waiting(self, connection: Connection, group: str | None) -> None:
        del self._waiting_of[group][connection]
        if not self._waiting_of[group]:
            del self._waiting_of[group]


def group_of(address: str | None) -> str | None:
    """Return what counts as one client's address; None for this machine, which has no limit."""
    return None if address is None or is_loopback(address) else network_of(address)
