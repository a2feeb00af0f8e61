"""A database in which recorded events are booked."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.accounting.harness import AccountsHarness
from tradewind.postgres import open_pool


@pytest.fixture
async def harness(database_dsn: str) -> AsyncIterator[AccountsHarness]:
    """Return what a test does with accounts."""
    pool = await open_pool(database_dsn)
    yield AccountsHarness(pool)
    await pool.close()
