"""The connection pool, and the classification of PostgreSQL's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from tradewind.errors import ConfigurationError, TransientError

CONNECT_TIMEOUT_SECONDS: Final = 5
COMMAND_TIMEOUT_SECONDS: Final = 30
IDLE_IN_TRANSACTION_SECONDS: Final = 10

type Pool = asyncpg.pool.Pool
type Connection = asyncpg.pool.PoolConnectionProxy

OUTAGE: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
    # Restoring a backup drops and renames the database while we are connected to it.
    asyncpg.InvalidCatalogNameError,
)
"""Errors while the server is down, starting, stopping or full: the same call may succeed later."""


async def open_pool(
    dsn: str,
    *,
    max_size: int = 4,
    role: str | None = None,
    idle_in_transaction_seconds: int = IDLE_IN_TRANSACTION_SECONDS,
) -> Pool:
    """Return a pool that connects at its first query, so that it opens while PostgreSQL is down.

    `role` is a group role that the DSN's login is a member of; its connections have the rights of
    that role. A process that is stopped inside a transaction keeps its rows locked no longer than
    `idle_in_transaction_seconds`.
    """
    settings = {"idle_in_transaction_session_timeout": f"{idle_in_transaction_seconds}s"}
    if role is not None:
        settings["role"] = role
    pool: Pool = await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=max_size,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=COMMAND_TIMEOUT_SECONDS,
        server_settings=settings,
    )
    return pool


class DatabaseRefuses(ConfigurationError):
    """PostgreSQL refuses: it needs another login, another database or a migration."""

    code = "DATABASE_REFUSES"


def refusal_of(error: Exception) -> DatabaseRefuses | None:
    """Return what an error of the driver means to an operator; None for any other error."""
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            advice = "TRADEWIND_POSTGRES_DSN needs a login that PostgreSQL knows"
        case asyncpg.InsufficientPrivilegeError():
            advice = "TRADEWIND_POSTGRES_DSN needs a login that may do this"
        case asyncpg.InvalidCatalogNameError():
            advice = "TRADEWIND_POSTGRES_DSN names it"
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            advice = "`tradewind migrate` brings the database to the current schema"
        case _:
            return None
    return DatabaseRefuses(f"PostgreSQL: {error}; {advice}")


@contextmanager
def outage_is_transient() -> Iterator[None]:
    """Raise TransientError for the errors of an outage; others pass unchanged."""
    try:
        yield
    except OUTAGE as error:
        raise TransientError(f"PostgreSQL: {type(error).__name__}: {error}") from error
