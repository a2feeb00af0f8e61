"""Backs up a test's database, and restores it while processes are connected to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from tradewind.operations.embedded.servers import Servers


class Backup:
    """A copy of a database at one time. Taking it ends all connections to the database."""

    def __init__(self, administrator: asyncpg.Connection, name: str, copy: str) -> None:
        self._administrator = administrator
        self._name = name
        self._copy = copy

    async def restore(self) -> None:
        """Replace the database by the copy, which loses every commit since."""
        await self._administrator.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
        await self._administrator.execute(f"ALTER DATABASE {self._copy} RENAME TO {self._name}")


@asynccontextmanager
async def backup_of(database_dsn: str, servers: Servers) -> AsyncIterator[Backup]:
    """Copy the database of a test."""
    name, copy = urlsplit(database_dsn).path.removeprefix("/"), f"backup_{uuid4().hex}"
    administrator = await asyncpg.connect(servers.postgres_dsn)
    try:
        await administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        await administrator.execute(f"CREATE DATABASE {copy} TEMPLATE {name}")
        yield Backup(administrator, name, copy)
    finally:
        await administrator.execute(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")
        await administrator.close()
