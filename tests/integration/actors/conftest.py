"""A connection to the real broker with the platform's streams on it."""

from collections.abc import AsyncIterator

import pytest

from tradewind.contracts.roles import partitions_needed
from tradewind.runtime import NatsConnection, connect, declare_streams


@pytest.fixture
async def connection(nats_url: str) -> AsyncIterator[NatsConnection]:
    """Return a connection; streams and buckets are empty."""
    async with await connect(nats_url, name="tests") as opened:
        await declare_streams(opened, partitions=partitions_needed())
        yield opened
