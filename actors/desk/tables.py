"""Reads the tables of calibrated confidences before a decision that uses them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tradewind.ledger.held_connection import HeldConnection
from tradewind.postgres import Pool, open_pool
from tradewind.trading.signal_outcomes.isotonic import CalibrationTables
from tradewind.trading.signal_outcomes.queries import QUERIES
from tradewind.trading.signal_outcomes.scores import tables_of

TIMEOUT_SECONDS: Final = 0.75
"""A handler may wait for the statement before its own, too, and both fit into its time limit."""
_TABLES: Final = QUERIES["select_tables"]


class Tables:
    """The tables in force for a horizon. DecisionUnavailable when PostgreSQL does not answer."""

    def __init__(self, pool: Pool, horizon_seconds: int) -> None:
        self._connection = HeldConnection(pool, timeout_seconds=TIMEOUT_SECONDS)
        self._horizon_seconds = horizon_seconds

    async def current(self) -> CalibrationTables:
        """Return the newest table of every model and prompt."""
        return tables_of(await self._connection.fetch(_TABLES, self._horizon_seconds))


@asynccontextmanager
async def opened_tables(
    dsn: str, role: str, horizons_seconds: tuple[int, ...]
) -> AsyncIterator[Tables]:
    """Open the tables as a group role: those of the first horizon, at which most is known."""
    pool = await open_pool(dsn, max_size=1, role=role)
    try:
        yield Tables(pool, horizons_seconds[0])
    finally:
        pool.terminate()
