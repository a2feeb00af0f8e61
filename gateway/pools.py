"""Opens the pools of connections to PostgreSQL, one for each use, so that none starves another."""

from contextlib import AsyncExitStack
from typing import Final, NamedTuple

from tradewind.postgres import Pool, open_impatient_pool

MAX_WRITING_CONNECTIONS: Final = 4
MAX_READING_CONNECTIONS: Final = 4
"""Requests that wait to write leave these for others to read, and the other way round."""
MAX_PROBING_CONNECTIONS: Final = 2
"""However many requests wait, probes find out how PostgreSQL is."""
ACQUIRE_SECONDS: Final = 1.0
STATEMENT_SECONDS: Final = 1.2
"""How long PostgreSQL may take over a statement. A submission may need two, and is answered within
5 s in every case."""
PROBE_STATEMENT_SECONDS: Final = 0.5


class Pools(NamedTuple):
    """The pools to write, to read and to probe with."""

    writing: Pool
    reading: Pool
    probing: Pool


async def open_pools(dsn: str, stack: AsyncExitStack) -> Pools:
    """Return the pools, which end with the stack."""

    async def opened(max_size: int, deadline_seconds: float, *, writes: bool) -> Pool:
        pool = await open_impatient_pool(
            dsn,
            max_size=max_size,
            writes=writes,
            acquire_seconds=ACQUIRE_SECONDS,
            deadline_seconds=deadline_seconds,
        )
        # Closing would wait for a server that is silent, and nobody uses the pool any more.
        stack.callback(pool.terminate)
        return pool

    return Pools(
        await opened(MAX_WRITING_CONNECTIONS, STATEMENT_SECONDS, writes=True),
        await opened(MAX_READING_CONNECTIONS, STATEMENT_SECONDS, writes=False),
        await opened(MAX_PROBING_CONNECTIONS, PROBE_STATEMENT_SECONDS, writes=True),
    )
