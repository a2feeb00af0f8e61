"""The connection pool, and which errors of PostgreSQL pass by themselves."""

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
    # a restoration drops and renames databases under our feet
    asyncpg.InvalidCatalogNameError,
)
"""The server is away, going, coming or full: the same call may succeed later."""


async def open_pool(
    dsn: str,
    *,
    max_size: int = 4,
    role: str | None = None,
    idle_in_transaction_seconds: int = IDLE_IN_TRANSACTION_SECONDS,
) -> Pool:
    """Return a pool that connects when first asked, so it opens while PostgreSQL is still down.

    `role` is what its connections may do: a group role the login of the DSN is a member of. A
    client that hangs in a transaction keeps rows locked for `idle_in_transaction_seconds`.
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
    """PostgreSQL answers and says no: another login, another database or a migration is needed."""

    code = "DATABASE_REFUSES"


def refusal_of(error: Exception) -> DatabaseRefuses | None:
    """Return what an error of the driver means to an operator; None where it is none of these."""
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
    """Raise TransientError instead of what a missing PostgreSQL makes the driver raise."""
    try:
        yield
    except OUTAGE as error:
        raise TransientError(f"PostgreSQL: {type(error).__name__}: {error}") from error
