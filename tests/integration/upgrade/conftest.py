"""The broker as the last release with one stage of risk left it, and a migrated database."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.ledger.harness import LedgerHarness
from tests.settings import Settings
from tradewind.postgres import open_pool
from tradewind.redis import open_redis
from tradewind.runtime import connect, declare_streams


@pytest.fixture
async def harness(settings: Settings) -> AsyncIterator[LedgerHarness]:
    """Return what a test does with a coordinator; EVENTS stores subjects without partitions."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value())
    redis = open_redis(settings.redis_url.get_secret_value())
    async with await connect(settings.nats_url, name="test") as connection, redis:
        await declare_streams(connection, partitions=0)
        yield LedgerHarness(settings, connection, pool, redis)
    await pool.close()
