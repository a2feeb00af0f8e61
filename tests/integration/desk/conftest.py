"""A ledger on a fresh database, and desks beside its coordinator."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.desk.harness import DeskHarness
from tests.integration.ledger.harness import LedgerHarness
from tests.settings import Settings
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
async def harness(
    settings: Settings, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DeskHarness]:
    """Return what a test does with desks; a coordinator runs, and every server is empty."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    redis = open_redis(settings.redis_url.get_secret_value())
    async with await connect(settings.nats_url, name="test") as connection, redis:
        await declare_streams(connection)
        ledger = LedgerHarness(settings, connection, pool, redis)
        async with ledger.coordinator():
            yield DeskHarness(ledger)
