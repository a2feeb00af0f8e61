"""Connections to the journal's database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tradewind.postgres import OUTAGE, Connection, Pool
from tradewind.trading.wallet.errors import JournalUnavailable


@asynccontextmanager
async def journal_connection(pool: Pool) -> AsyncIterator[Connection]:
    """Yield a connection; JournalUnavailable while PostgreSQL is away."""
    try:
        async with pool.acquire() as connection:
            yield connection
    except OUTAGE as error:
        raise JournalUnavailable(f"{type(error).__name__}: {error}") from error
