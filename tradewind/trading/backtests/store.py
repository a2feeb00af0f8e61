"""Keeps what the backtester makes, each row once, however often a slice is done.

All methods raise DecisionUnavailable while PostgreSQL cannot do it; what was asked for may have
been done then, and is simply done again.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
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
    read_flow_events,
    read_observations,
    request_cancel,
)
from tradewind.trading.backtests.records import (
    EndedRun,
    FlowEvent,
    SliceRow,
    SliceRows,
    TakenRun,
    WantedFlows,
)

TIMEOUT_SECONDS: Final = 25.0
"""Of a whole slice's rows, which may be 25,000 trades."""

_SLICE: Final = QUERIES["select_slice"]
_KEEP_SLICE: Final = QUERIES["keep_slice"]
_KEEP_TRADES: Final = QUERIES["keep_trades"]
_KEEP_EQUITY: Final = QUERIES["keep_equity"]
_SPENT: Final = QUERIES["select_spent"]
_ROWS: Final = QUERIES["select_rows"]
_RECORDS: Final = QUERIES["select_records"]
_KEEP_RUN: Final = QUERIES["keep_run"]
_RUN: Final = QUERIES["select_run"]
_KEEP_END: Final = QUERIES["keep_end"]
_KEEP_SWEEP_REQUEST: Final = QUERIES["keep_sweep_request"]
_SWEEP_REQUEST: Final = QUERIES["select_sweep_request"]
_KEEP_SWEEP: Final = QUERIES["keep_sweep"]
_REAP: Final = QUERIES["reap"]
_BYTES: Final = QUERIES["select_bytes"]


class BacktestStore:
    """The rows of runs. Of several processes that keep the same slice or end, the first wins."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep_run(self, run: TakenRun) -> None:
        """Keep a run that is taken up."""
        async with self._connection() as connection:
            await connection.execute(_KEEP_RUN, *run)

    async def find_run(self, run_id: str) -> TakenRun | None:
        """Return a run that was taken up, or None."""
        async with self._connection() as connection:
            row = await connection.fetchrow(_RUN, run_id)
            return None if row is None else TakenRun(*row)

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
                    curve = (run_id, done.number, rows.points, rows.rows)
                    await connection.execute(_KEEP_EQUITY, *curve)
                    return done
            return SliceRow(*await connection.fetchrow(_SLICE, run_id, done.number))

    async def keep_end(self, ended: EndedRun) -> EndedRun:
        """Keep how a run ended; return the end that is kept, which may be another one."""
        async with self._connection() as connection:
            await connection.execute(_KEEP_END, *ended[:-1])
            kept = await find_end(connection, ended.run_id)
            return ended if kept is None else kept

    async def rows(self, run_id: str) -> list[str]:
        """Return what a run's results are made of, a JSON array a slice."""
        async with self._connection() as connection:
            return [row["rows"] for row in await connection.fetch(_ROWS, run_id)]

    async def records(self, run_id: str, numbers: Sequence[int]) -> list[str]:
        """Return what the engine recorded of some trades, as JSON, in order."""
        async with self._connection() as connection:
            found = await connection.fetch(_RECORDS, run_id, list(numbers))
            return [row["record"] for row in found]

    async def flow_events(self, wanted: WantedFlows) -> list[FlowEvent]:
        """Return recorded intents and what was decided on them, in the order of the ledger."""
        async with self._connection() as connection:
            return await read_flow_events(connection, wanted)

    async def observations(self, identifiers: Collection[str]) -> dict[str, str]:
        """Return the payloads of observations as JSON, by content id."""
        async with self._connection() as connection:
            return await read_observations(connection, identifiers)

    async def ends(self, run_ids: Sequence[str]) -> dict[str, EndedRun]:
        """Return how those of some runs ended that are over."""
        async with self._connection() as connection:
            return await read_ends(connection, run_ids)

    async def cancel(self, run_ids: Sequence[str], requested_by: str | None) -> None:
        """Ask for runs to stop."""
        async with self._connection() as connection:
            await request_cancel(connection, run_ids, requested_by)

    async def keep_sweep_request(self, sweep_id: str, request: str) -> None:
        """Keep a sweep that is taken up."""
        async with self._connection() as connection:
            await connection.execute(_KEEP_SWEEP_REQUEST, sweep_id, request)

    async def find_sweep_request(self, sweep_id: str) -> str | None:
        """Return the payload that asked for a sweep, as JSON; None where it was not taken up."""
        async with self._connection() as connection:
            found: str | None = await connection.fetchval(_SWEEP_REQUEST, sweep_id)
            return found

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
