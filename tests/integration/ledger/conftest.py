"""A ledger on a fresh database."""

from collections.abc import AsyncIterator

import pytest

from tradewind.ledger.database import Pool, open_pool
from tradewind.ledger.reader import LedgerReader
from tradewind.ledger.writer import Ledger


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return a pool of connections to a fresh, migrated database."""
    pool = await open_pool(database_dsn)
    yield pool
    await pool.close()


@pytest.fixture
def ledger(pool: Pool) -> Ledger:
    """Return the writer."""
    return Ledger(pool)


@pytest.fixture
def reader(pool: Pool) -> LedgerReader:
    """Return the reader."""
    return LedgerReader(pool)
