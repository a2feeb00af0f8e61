"""Migrates the ledger's database to the newest schema."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final

import asyncpg

from tradewind import CHECKOUT
from tradewind.errors import ConfigurationError

MIN_SERVER_VERSION: Final = 17
"""Of PostgreSQL: the first that can end a transaction by how long it has lasted."""

_one_at_a_time = Lock()


def head_revision() -> str:
    """Return the newest revision; migrations are numbered and linear, so it is in the last file."""
    names = sorted(path.name for path in (CHECKOUT / "alembic" / "versions").glob("[0-9]*.py"))
    if not names:
        raise ConfigurationError(
            f"no migrations in {CHECKOUT / 'alembic'}: install from a checkout"
        )
    return names[-1].partition("_")[0]


def upgrade(dsn: str) -> None:
    """Migrate the database to the head revision; quick when it is there already.

    Several processes may call it at the same time. It runs in a thread of its own because it
    starts an event loop, and the caller may be in one already.
    """
    with _one_at_a_time, ThreadPoolExecutor(1) as executor:
        executor.submit(_upgrade, dsn).result()


def _upgrade(dsn: str) -> None:
    if asyncio.run(current_revision(dsn)) == head_revision():
        return
    # The import takes half a second, and a database is usually at its head already.
    from alembic.command import upgrade as alembic_upgrade
    from alembic.config import Config

    alembic_upgrade(Config(str(CHECKOUT / "alembic.ini"), attributes={"dsn": dsn}), "head")


def check_server_version(major: int) -> None:
    """Refuse a server that is too old with a ConfigurationError."""
    if major < MIN_SERVER_VERSION:
        raise ConfigurationError(
            f"PostgreSQL {major} is too old: {MIN_SERVER_VERSION} or newer is needed"
        )


async def current_revision(dsn: str) -> str | None:
    """Return the revision of a database; None when it has never been migrated.

    A server that is too old is a ConfigurationError.
    """
    connection = await asyncpg.connect(dsn)
    try:
        check_server_version(connection.get_server_version().major)
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
        return None if revision is None else str(revision)
    finally:
        await connection.close()
