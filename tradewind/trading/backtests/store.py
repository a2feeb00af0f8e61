"""Keeps what the backtester makes, each row once, however often a slice is done.

All methods raise DecisionUnavailable while PostgreSQL cannot do it; what was asked for may have
been done then, and is simply done again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import asyncpg

from tradewind.postgres import OUTAGE, Connection, Pool
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.trading.backtests.queries import QUERIES
from tradewind.trading.backtests.reader import (
    find_cancel,
    find_end,
    find_sweep,
    read_ends,
    read_equity,
    request_cancel,
)
from tradewind.trading.backtests.records import EndedRun, SliceRow, SliceRows

TIMEOUT_SECONDS: Final = 25.0
"""Of a whole slice's rows, which may be 25,000 trades."""
DOCUMENTS_A_PAGE: Final = 5_000

_SLICE: Final = QUERIES["select_slice"]
_KEEP_SLICE: Final = QUERIES["keep_slice"]
_KEEP_TRADES: Final = QUERIES["keep_trades"]
_KEEP_EQUITY: Final = QUERIES["keep_equity"]
_SPENT: Final = QUERIES["select_spent"]
_DOCUMENTS: Final = QUERIES["select_documents"]
_KEEP_END: Final = QUERIES["keep_end"]
_COUNT_ENDED: Final = QUERIES["count_ended"]
_KEEP_SWEEP: Final = QUERIES["keep_sweep"]
_REAP: Final = QUERIES["reap"]
_BYTES: Final = QUERIES["select_bytes"]


class BacktestStore:
    """The rows of runs. Any number of processes may keep the same slice or end: the first stands."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find_end(self, run_id: str) -> EndedRun | None:
        """Return how a run ended, or None."""
        async with self._connection() as connection:
            return await find_end(connection, run_id)

    async def find_cancel(self, run_id: str) -> str | None:
        """Return who asked for a run to stop, empty where unnamed; None where nobody did."""
        async with self._connection() as connection:
            return await find_cancel(connection, run_id)

    async def find_slice(self, run_id: str, number: int) -> SliceRow | None:
        """Return a slice that is done, or None."""
        async with self._connection() as connection:
            row = await connection.fetchrow(_SLICE, run_id, number)
            return None if row is None else SliceRow(*row)

    async def spent_ms(self, run_id: str) -> int:
        """Return how long the slices of a run took together."""
        async with self._connection() as connection:
            return int(await connection.fetchval(_SPENT, run_id))

    async def keep_slice(self, run_id: str, done: SliceRow, rows: SliceRows) -> SliceRow:
        """Keep a slice with its rows in one transaction; return the slice that is kept."""
        async with self._connection() as connection:
            async with connection.transaction():
                if await connection.fetchval(_KEEP_SLICE, run_id, *done) is not None:
                    for chunk in rows.trades:
                        await connection.execute(_KEEP_TRADES, run_id, chunk)
                    await connection.execute(_KEEP_EQUITY, run_id, done.number, rows.points)
                    return done
            return SliceRow(*await connection.fetchrow(_SLICE, run_id, done.number))

    async def keep_end(self, ended: EndedRun) -> EndedRun:
        """Keep how a run ended; return the end that is kept, which may be another one."""
        async with self._connection() as connection:
            await connection.execute(_KEEP_END, *ended[:-1])
            kept = await find_end(connection, ended.run_id)
            return ended if kept is None else kept

    async def equity(self, run_id: str) -> list[str]:
        """Return the curve of a run, a JSON array a slice."""
        async with self._connection() as connection:
            return await read_equity(connection, run_id)

    async def documents(self, run_id: str, after: int) -> list[tuple[int, str]]:
        """Return a page of a run's trades after a number, as JSON."""
        async with self._connection() as connection:
            rows = await connection.fetch(_DOCUMENTS, run_id, after, DOCUMENTS_A_PAGE)
            return [(row["number"], row["document"]) for row in rows]

    async def count_ended(self, run_ids: Sequence[str]) -> int:
        """Return how many of some runs are over."""
        async with self._connection() as connection:
            return int(await connection.fetchval(_COUNT_ENDED, list(run_ids)))

    async def ends(self, run_ids: Sequence[str]) -> dict[str, EndedRun]:
        """Return how those of some runs ended that are over."""
        async with self._connection() as connection:
            return await read_ends(connection, run_ids)

    async def cancel(self, run_ids: Sequence[str], requested_by: str | None) -> None:
        """Ask for runs to stop."""
        async with self._connection() as connection:
            await request_cancel(connection, run_ids, requested_by)

    async def keep_sweep(self, sweep_id: str, document: str) -> str:
        """Keep the table of a sweep; return the table that is kept."""
        async with self._connection() as connection:
            await connection.execute(_KEEP_SWEEP, sweep_id, document)
            return await find_sweep(connection, sweep_id) or document

    async def reap(self, before: datetime, most_bytes: int, most: int) -> int:
        """Remove the oldest runs that ended before a time or do not fit; return how many."""
        async with self._connection() as connection:
            return int(await connection.fetchval(_REAP, before, most_bytes, most))

    async def kept_bytes(self) -> int:
        """Return how many bytes the rows of all runs have."""
        async with self._connection() as connection:
            return int(await connection.fetchval(_BYTES))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._pool.acquire() as connection:
                yield connection
        except (*OUTAGE, asyncpg.PostgresError) as error:
            reason = str(error) or type(error).__name__
            raise DecisionUnavailable(f"PostgreSQL: {reason}") from error
