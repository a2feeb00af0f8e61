"""What stands behind the orchestrators of a drill: who writes the ledger, and the book on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from actors import coordinator
from actors.portfolio.ports import PORTFOLIO_ROLE
from actors.portfolio.settlement import settling
from tests.settings import Settings
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.seams import Market

BOOK_CONNECTIONS: Final = 4


@asynccontextmanager
async def coordinating(settings: Settings, connection: NatsConnection) -> AsyncIterator[None]:
    """Write the ledger."""
    stopped = asyncio.Event()
    task = asyncio.create_task(coordinator.run(settings, connection, stopped))
    try:
        yield
    finally:
        stopped.set()
        await task


@asynccontextmanager
async def settling_book(settings: Settings, connection: NatsConnection) -> AsyncIterator[None]:
    """Have the book follow the ledger: an orchestrator that starts signs nothing before that."""
    pool = await open_pool(
        settings.postgres_dsn.get_secret_value(),
        max_size=BOOK_CONNECTIONS,
        role=PORTFOLIO_ROLE,
        writes=True,
    )
    try:
        async with settling(pool, connection, Fence(), Market(lambda _: None)):
            yield
    finally:
        pool.terminate()
