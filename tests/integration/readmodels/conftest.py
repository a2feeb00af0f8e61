"""A ledger, an empty Redis, and both sides of the read models."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.integration.readmodels.harness import ReadModelHarness
from tradewind.postgres import open_pool
from tradewind.redis import open_redis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """Return a client of an empty Redis."""
    async with open_redis(redis_url) as client:
        yield client


@pytest.fixture
async def harness(database_dsn: str, redis: Redis) -> AsyncIterator[ReadModelHarness]:
    """Return what a test does with ledger and read models."""
    pool = await open_pool(database_dsn)
    yield ReadModelHarness(pool, redis)
    await pool.close()
