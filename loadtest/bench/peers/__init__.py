"""The actor layers measured side by side: one file of the same shape each, run in its own process.

`consume` handles a backlog that is already stored and calls `meter.tick()` in a handler that does
nothing else but read the event: the same work for everyone, so the rest is the actor layer's cost.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from loadtest.bench.meter import Meter
from tradewind.contracts.envelope import AnyEvent

CONCURRENCY: Final = 64
"""Messages in flight at once, for every peer that has such a limit."""


class Addresses(NamedTuple):
    """Where the servers of a benchmark are."""

    nats_url: str
    redis_url: str


class Peer(Protocol):
    """What every module in this package offers."""

    LABEL: str

    async def fill(self, addresses: Addresses, events: Sequence[AnyEvent]) -> None:
        """Store `events` as this peer's backlog; nothing when it is there already."""

    async def consume(self, addresses: Addresses, meter: Meter) -> None:
        """Handle the backlog from its beginning until the meter has counted it."""
