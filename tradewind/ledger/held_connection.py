"""A connection for the small statements that roles wait for before they decide."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import asyncpg

from tradewind.postgres import OUTAGE, Connection, Pool
from tradewind.runtime.decisions import DecisionUnavailable

STATEMENT_TIMEOUT_SECONDS: Final = 2.0
UNAVAILABLE: Final = (*OUTAGE, asyncpg.PostgresError)
"""No error can be the fault of a decision: they are bytes under a key. So nothing is given up for
one, and whatever ails the database is waited out until somebody has mended it."""


class HeldConnection:
    """Runs one statement at a time on a connection that stays open between them.

    A pool resets what it is given back. For statements this small that would be half of their cost.
    """

    def __init__(self, pool: Pool, *, timeout_seconds: float = STATEMENT_TIMEOUT_SECONDS) -> None:
        self._pool = pool
        self._timeout_seconds = timeout_seconds
        self._held: Connection | None = None
        self._turn = asyncio.Lock()

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Return the rows, or raise DecisionUnavailable; the next statement connects again then.

        The time to wait for the statements of others is part of the time it may take.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds), self._turn:
                return await self._run(statement, arguments)
        except UNAVAILABLE as error:
            reason = str(error) or type(error).__name__
            raise DecisionUnavailable(f"PostgreSQL: {reason}") from error

    async def _run(self, statement: str, arguments: Sequence[object]) -> list[asyncpg.Record]:
        try:
            if self._held is None or _was_lost(self._held):
                self._held = await self._pool.acquire()
            return await self._held.fetch(statement, *arguments)  # type: ignore[no-any-return]
        except (*UNAVAILABLE, asyncio.CancelledError):
            self._drop()
            raise

    def _drop(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            # A connection that was lost went back to the pool by itself, and answers nothing more.
            with suppress(asyncpg.InterfaceError):
                held.terminate()


def _was_lost(connection: Connection) -> bool:
    """Return whether a connection ended, and so went back to the pool by itself."""
    try:
        return connection.is_closed()  # type: ignore[no-any-return]
    except asyncpg.InterfaceError:
        return True
