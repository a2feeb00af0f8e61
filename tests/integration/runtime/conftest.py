"""A connection with declared streams, and short ways to run workers and look at the server."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.runtime.harness import RuntimeHarness
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import NatsConnection, Publisher, connect, declare_streams


@pytest.fixture
async def connection(nats_url: str) -> AsyncIterator[NatsConnection]:
    """Return a connection to a server with fresh streams."""
    async with await connect(nats_url, name="test") as connection:
        await declare_streams(connection)
        yield connection


@pytest.fixture
async def harness(connection: NatsConnection, servers: Servers) -> AsyncIterator[RuntimeHarness]:
    """Return a harness of a server with fresh streams."""
    publisher = Publisher(connection)
    yield RuntimeHarness(connection, publisher, servers.processes["nats"])
    await publisher.close()
