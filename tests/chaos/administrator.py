"""Connections with the privileges of an administrator, to inspect and to change servers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

PATIENCE_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.1
COMMAND_SECONDS: Final = 30.0

_OUTAGE: Final = (
    *(OSError, TimeoutError),
    *(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError),
)

type Row = dict[str, Any]


class Database:
    """One connection for plain SQL, opened again when it is lost."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()

    async def fetch(self, query: str, *arguments: object) -> list[Row]:
        """Return rows, and repeat the query while the server is away."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        async with self._lock:
            while True:
                try:
                    return await self._fetch(query, arguments)
                except asyncio.CancelledError:
                    # The driver may not have read the answer, and the next one asks on it.
                    await self.close()
                    raise
                except _OUTAGE as e:
                    is_outage = not isinstance(e, asyncpg.SyntaxOrAccessError)
                    await self.close()
                    if not is_outage or time.monotonic() > deadline:
                        raise
                await asyncio.sleep(POLL_SECONDS)

    async def value(self, query: str, *arguments: object) -> Any:
        """Return the first column of the first row, None when there is no row."""
        rows = await self.fetch(query, *arguments)
        return next(iter(rows[0].values())) if rows else None

    async def execute(self, statements: str) -> None:
        """Run several statements that return nothing."""
        await self.fetch("SELECT 1")  # there is a connection now
        async with self._lock:
            assert self._connection is not None
            await self._connection.execute(statements)

    async def at_once(self, *queries: str | tuple[Any, ...]) -> list[list[Row]]:
        """Return the rows of each query, alone or with its arguments, all as of one moment."""
        asked = [(one,) if isinstance(one, str) else one for one in queries]
        await self.fetch("SELECT 1")  # there is a connection now
        async with self._lock:
            assert self._connection is not None
            async with self._connection.transaction(isolation="repeatable_read", readonly=True):
                return [
                    [dict(row) for row in await self._connection.fetch(*query)] for query in asked
                ]

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _fetch(self, query: str, arguments: tuple[object, ...]) -> list[Row]:
        if self._connection is None:
            self._connection = await asyncpg.connect(
                self._dsn, timeout=COMMAND_SECONDS, command_timeout=COMMAND_SECONDS
            )
        return [dict(row) for row in await self._connection.fetch(query, *arguments)]


@asynccontextmanager
async def broker(nats_url: str) -> AsyncIterator[Client]:
    """Connect to a nats-server, waiting for one that is away."""
    client = await _connect(nats_url)
    try:
        yield client
    finally:
        await client.close()


async def _connect(nats_url: str) -> Client:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await nats.connect(nats_url.split(","), allow_reconnect=False, error_cb=_ignore)
        except (NatsError, OSError):
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(POLL_SECONDS)


async def _ignore(_: Exception) -> None:
    """Ignore an error, because the awaiting call raises it as well."""
