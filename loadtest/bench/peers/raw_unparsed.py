"""The same bare loop without reading the event, as the lower bound of all peers."""

from loadtest.bench.meter import Meter
from loadtest.bench.peers import Addresses
from loadtest.bench.peers.raw import consume_with, fill

__all__ = ["LABEL", "consume", "fill"]

LABEL = "raw nats-py loop, no parsing"


async def consume(addresses: Addresses, meter: Meter) -> None:
    await consume_with(addresses, meter, None)
