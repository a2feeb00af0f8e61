"""The actor layers to compare, one module of the same shape each, run in its own process.

`consume` handles a backlog that is already stored. Its handler reads the event and calls
`meter.tick()`: that work is equal for all peers, so the rest is the cost of the actor layer.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from loadtest.bench.meter import Meter
from tradewind.contracts.envelope import AnyEvent

CONCURRENCY: Final = 64
"""The limit of messages in flight, for every peer that has one."""


class Addresses(NamedTuple):
    """Addresses of the servers of a benchmark."""

    nats_url: str
    redis_url: str


class Peer(Protocol):
    """The functions that every module of this package has."""

    LABEL: str

    async def fill(self, addresses: Addresses, events: Sequence[AnyEvent]) -> None:
        """Store `events` as this peer's backlog; nothing when it is there already."""

    async def consume(self, addresses: Addresses, meter: Meter) -> None:
        """Handle the backlog from its beginning until the meter has counted it."""
