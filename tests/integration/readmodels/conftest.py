"""A ledger, an empty Redis, and both sides of the read models."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.integration.readmodels.desk import Desk
from tradewind.postgres import open_pool
from tradewind.redis import open_redis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """Return a client of an empty Redis."""
    async with open_redis(redis_url) as client:
        yield client


@pytest.fixture
async def desk(database_dsn: str, redis: Redis) -> AsyncIterator[Desk]:
    """Return what a test does with ledger and read models."""
    pool = await open_pool(database_dsn)
    yield Desk(pool, redis)
    await pool.close()
