"""The journal of decisions in PostgreSQL: the first decision about an event stands.

Any number of processes may decide about the same event at once. Messages of a process that are
handled at the same time share their statements and commits.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from tradewind.ledger.held_connection import HeldConnection
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Pool, open_pool
from tradewind.runtime.decisions import Decision, DecisionKey, from_lines, to_lines
from tradewind.runtime.shared_calls import SharedCalls

MAX_CONNECTIONS: Final = 2
"""One that reads and one that writes."""
_SELECT = QUERIES["select_decisions"]
_KEEP = QUERIES["keep_decisions"]


class _Proposal(NamedTuple):
    key: DecisionKey
    lines: bytes


class DecidedJournal:
    """Implements `DecisionJournal`."""

    def __init__(self, pool: Pool) -> None:
        self._reading, self._writing = HeldConnection(pool), HeldConnection(pool)
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
    connection: HeldConnection, keys: Sequence[DecisionKey]
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
