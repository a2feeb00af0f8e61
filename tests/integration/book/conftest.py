"""A ledger on a fresh database, a coordinator, and desks of the portfolio stage."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.ledger.harness import LedgerHarness
from tests.settings import Settings
from tradewind.contracts.ordering import PARTITIONS
from tradewind.postgres import Pool, open_pool
from tradewind.redis import open_redis
from tradewind.runtime import connect, declare_streams


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return a pool of connections to a fresh, migrated database."""
    pool = await open_pool(database_dsn)
    yield pool
    await pool.close()


@pytest.fixture
async def harness(settings: Settings, pool: Pool) -> AsyncIterator[LedgerHarness]:
    """Return what a test does with a coordinator; every server is empty."""
    redis = open_redis(settings.redis_url.get_secret_value())
    async with await connect(settings.nats_url, name="test") as connection, redis:
        await declare_streams(connection, partitions=PARTITIONS)
        yield LedgerHarness(settings, connection, pool, redis)
