"""The connection pool, the SQL files, and which errors of PostgreSQL pass by themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Final

import asyncpg

from tradewind.errors import TransientError

CONNECT_TIMEOUT_SECONDS: Final = 5
COMMAND_TIMEOUT_SECONDS: Final = 30
IDLE_IN_TRANSACTION_TIMEOUT: Final = "10s"

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
)
"""The server is away, going, coming or full: the same call may succeed later."""


def load_sql(name: str) -> str:
    """Return the text of `tradewind/ledger/sql/<name>.sql`."""
    return resources.files("tradewind.ledger").joinpath("sql", f"{name}.sql").read_text()


async def open_pool(dsn: str, *, max_size: int = 4) -> Pool:
    """Return a pool that connects when first asked, so it opens while PostgreSQL is still down."""
    pool: Pool = await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=max_size,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=COMMAND_TIMEOUT_SECONDS,
        # a client that vanished must not keep the writer row locked
        server_settings={"idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT},
    )
    return pool


@contextmanager
def outage_is_transient() -> Iterator[None]:
    """Raise TransientError instead of what a missing PostgreSQL makes the driver raise."""
    try:
        yield
    except OUTAGE as error:
        raise TransientError(f"PostgreSQL: {type(error).__name__}: {error}") from error
