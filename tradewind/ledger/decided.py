"""The journal of decisions in PostgreSQL: the first decision about an event stands.

Any number of processes may decide about the same event at once. Messages of a process that are
handled at the same time share their statements and commits.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple

import asyncpg

from tradewind.ledger.queries import QUERIES
from tradewind.postgres import OUTAGE, Connection, Pool, open_pool
from tradewind.runtime.decisions import (
    Decision,
    DecisionKey,
    DecisionUnavailable,
    from_lines,
    to_lines,
)
from tradewind.runtime.shared_calls import SharedCalls

STATEMENT_TIMEOUT_SECONDS: Final = 2.0
MAX_CONNECTIONS: Final = 2
"""One that reads and one that writes."""
UNAVAILABLE: Final = (*OUTAGE, asyncpg.PostgresError)
"""No error can be the fault of a decision: they are bytes under a key. So nothing is given up for
one, and whatever ails the database is waited out until somebody has mended it."""

_SELECT = QUERIES["select_decisions"]
_KEEP = QUERIES["keep_decisions"]


class _Proposal(NamedTuple):
    key: DecisionKey
    lines: bytes


class _HeldConnection:
    """Runs one statement at a time on a connection that stays open between them.

    A pool resets what it is given back. For statements this small that would be half of their cost.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._held: Connection | None = None

    async def fetch(self, statement: str, *columns: Sequence[object]) -> list[asyncpg.Record]:
        """Return the rows, or raise DecisionUnavailable; the next statement connects again then."""
        try:
            async with asyncio.timeout(STATEMENT_TIMEOUT_SECONDS):
                if self._held is None or self._held.is_closed():
                    self._held = await self._pool.acquire()
                return await self._held.fetch(statement, *columns)  # type: ignore[no-any-return]
        except UNAVAILABLE as error:
            self._drop()
            reason = str(error) or type(error).__name__
            raise DecisionUnavailable(f"PostgreSQL: {reason}") from error

    def _drop(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            # A connection that was lost went back to the pool by itself, and answers nothing more.
            with suppress(asyncpg.InterfaceError):
                held.terminate()


class DecidedJournal:
    """Implements `DecisionJournal`."""

    def __init__(self, pool: Pool) -> None:
        self._reading, self._writing = _HeldConnection(pool), _HeldConnection(pool)
        self._finding = SharedCalls(self._find_all)
        self._keeping = SharedCalls(self._keep_all)

    async def find(self, key: DecisionKey) -> Decision | None:
        """Return what was decided, or None while nothing was."""
        lines = await self._finding.call(key)
        return None if lines is None else from_lines(lines)

    async def keep(self, key: DecisionKey, decision: Decision) -> Decision:
        """Keep a decision unless there is one, and return the one that is kept.

        DecisionUnavailable also when the connection was lost during the commit: it may be kept.
        """
        proposed = to_lines(decision)
        lines = await self._keeping.call(_Proposal(key, proposed))
        return decision if lines == proposed else from_lines(lines)

    async def _find_all(self, keys: Sequence[DecisionKey]) -> list[bytes | None]:
        kept = await _select(self._reading, keys)
        return [kept.get(key) for key in keys]

    async def _keep_all(self, proposals: Sequence[_Proposal]) -> list[bytes]:
        """Keep all in one commit; read those that were kept before, if there are any."""
        first: dict[DecisionKey, bytes] = {}
        for key, lines in proposals:
            first.setdefault(key, lines)
        keys = list(first)
        columns = (*zip(*keys, strict=True), list(first.values()))
        inserted = {DecisionKey(*row) for row in await self._writing.fetch(_KEEP, *columns)}
        earlier = [key for key in keys if key not in inserted]
        if earlier:
            first |= await _select(self._writing, earlier)
        return [first[key] for key, _ in proposals]


async def _select(
    connection: _HeldConnection, keys: Sequence[DecisionKey]
) -> dict[DecisionKey, bytes]:
    rows = await connection.fetch(_SELECT, *zip(*keys, strict=True))
    return {DecisionKey(cause, group): lines for cause, group, lines in rows}


@asynccontextmanager
async def opened_journal(dsn: str, role: str) -> AsyncIterator[DecidedJournal]:
    """Open the journal as a group role; while PostgreSQL is down, it opens and is unavailable."""
    pool = await open_pool(dsn, max_size=MAX_CONNECTIONS, role=role, writes=True)
    try:
        yield DecidedJournal(pool)
    finally:
        pool.terminate()
