"""One simulated exchange for all cases; each begins without faults."""

import time
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import pytest

from simulators.hyperliquid.app import Exchange
from simulators.hyperliquid.market import SimulatedMarket
from simulators.hyperliquid.serving import served
from tradewind.contracts.roles import partitions_needed
from tradewind.runtime import NatsConnection, connect, declare_streams


class Served(NamedTuple):
    """A running exchange and its address."""

    exchange: Exchange
    url: str


@pytest.fixture(scope="module")
def running_exchange() -> Iterator[Served]:
    exchange = Exchange(SimulatedMarket(7, time.time))
    with served(exchange) as url:
        yield Served(exchange, url)


@pytest.fixture
def exchange(running_exchange: Served) -> Iterator[Served]:
    """Return the exchange as if nothing had been asked of it."""
    running_exchange.exchange.requests.clear()
    running_exchange.exchange.subscriptions.clear()
    running_exchange.exchange.weights.clear()
    yield running_exchange
    running_exchange.exchange.faults.clear()


@pytest.fixture
async def connection(nats_url: str) -> AsyncIterator[NatsConnection]:
    """Return a connection; streams and buckets are empty."""
    async with await connect(nats_url, name="tests") as opened:
        await declare_streams(opened, partitions=partitions_needed())
        yield opened
