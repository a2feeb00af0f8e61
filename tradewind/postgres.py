"""The connection pools, and the classification of PostgreSQL's errors."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import asyncpg

from tradewind.breaker import Breaker
from tradewind.errors import ConfigurationError, TradewindError, TransientError
from tradewind.postgres_connection import KnowingConnection

CONNECT_TIMEOUT_SECONDS: Final = 5
COMMAND_TIMEOUT_SECONDS: Final = 30
ACQUIRE_TIMEOUT_SECONDS: Final = 10.0
"""How long a call waits for one of the pool's connections, and for its return to the pool."""
IDLE_IN_TRANSACTION_SECONDS: Final = 10
TRANSACTION_SECONDS: Final = 30.0
"""How long a transaction of a process that writes may last.

The driver prepares a statement and asks for it to be run in two messages. A process that stops
between them is not idle to the server, and no limit on statements frees what it has locked.
"""
SERVER_SILENT_SECONDS: Final = 0.5
"""How long after a statement's deadline the server may take to say that it ended it."""
MAX_QUERIES_PER_CONNECTION: Final = 50_000
MAX_IDLE_SECONDS: Final = 300.0

type Pool = asyncpg.pool.Pool
type Connection = asyncpg.pool.PoolConnectionProxy

REFUSALS: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientPrivilegeError,
    # Restoring a backup drops and renames the database while we are connected to it.
    asyncpg.InvalidCatalogNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    # A server that is too old knows no `transaction_timeout`.
    asyncpg.UndefinedObjectError,
)
"""The server does not let us work. A command tells its user what to change; a role that has run
waits like in any other outage, because passwords, grants and schemas are changed while it runs."""

NOT_WRITABLE: Final = (
    asyncpg.ReadOnlySQLTransactionError,
    # The pool of a writer takes no session that is read-only from its beginning.
    asyncpg.TargetServerAttributeNotMatched,
)

OUTAGE: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    # A database that runs out of transaction ids refuses to write with this class.
    asyncpg.ProgramLimitExceededError,
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,
    # This class has locks that were not granted in time, and databases closed to connections.
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    # A statement was prepared before a migration, inside of a transaction.
    asyncpg.InvalidCachedStatementError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
    *NOT_WRITABLE,
    *REFUSALS,
)
"""Errors while the server is down, starting, stopping, full, read-only, locked, slow or refuses us:
the same call may succeed later."""

UNCERTAIN: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.StatementCompletionUnknownError,
)
"""Errors of the server or the driver after which a statement may have been committed."""

_REASONS: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    (NOT_WRITABLE, "READ_ONLY"),
    (asyncpg.LockNotAvailableError, "LOCKED"),
    (asyncpg.TooManyConnectionsError, "TOO_MANY_CONNECTIONS"),
    (asyncpg.InsufficientResourcesError, "FULL"),
    (
        (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError),
        "NOT_MIGRATED",
    ),
    (REFUSALS, "REFUSED"),
    (
        (TimeoutError, asyncpg.QueryCanceledError, asyncpg.TransactionTimeoutError),
        "TIMEOUT",
    ),
)
"""The reason of each kind of outage, the first that fits; any other one is UNREACHABLE."""


def certainly_failed(error: BaseException) -> bool:
    """Return whether an error proves that a statement in no transaction was not committed.

    It does when the server itself ended the statement and goes on. A server that shuts down may
    have committed before it said so, and a lost connection says nothing.
    """
    return isinstance(error, asyncpg.PostgresError) and not isinstance(error, UNCERTAIN)


class DatabaseUnavailable(TransientError):
    """PostgreSQL cannot do it now; `code` is the reason. Retry with backoff."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"PostgreSQL: {type(error).__name__}: {error}")
        self.code = outage_reason(error)


def outage_reason(error: BaseException) -> str:
    """Return the reason of an outage as a word that is safe to show."""
    return next((reason for kinds, reason in _REASONS if isinstance(error, kinds)), "UNREACHABLE")


class _BoundedPool(asyncpg.pool.Pool):  # type: ignore[misc]  # the driver has no types
    """A pool in which nobody waits for a connection without an end."""

    def __init__(self, *arguments: Any, acquire_timeout_seconds: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._acquire_timeout_seconds = acquire_timeout_seconds

    def acquire(self, *, timeout: float | None = None) -> Any:
        return super().acquire(timeout=timeout or self._acquire_timeout_seconds)


class _ImpatientPool(_BoundedPool):
    """A pool that terminates a connection on which a statement was given up.

    The driver would first ask the server to cancel the statement and wait for its answer, as long
    again as the statement was given: a server that is silent does not answer that either. After a
    few such silences nobody waits for it at all, until one call a second finds it back.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._breaker = Breaker("PostgreSQL")

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109
        self._breaker.check()
        try:
            return await super()._acquire(timeout)
        except TimeoutError:
            # The pool that has all its connections is busy, which says nothing about the server.
            if self.get_size() < self.get_max_size():
                self._breaker.was_silent()
            raise

    async def release(
        self,
        connection: Any,
        *,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> None:
        held = connection._con
        if held is not None and not held.is_closed():
            if held._protocol._is_cancelling():
                self._breaker.was_silent()
                held.terminate()
            else:
                self._breaker.answered()
        await super().release(connection, timeout=timeout)


async def open_pool(
    dsn: str,
    *,
    max_size: int = 4,
    role: str | None = None,
    writes: bool = False,
    idle_in_transaction_seconds: int = IDLE_IN_TRANSACTION_SECONDS,
    transaction_seconds: float = TRANSACTION_SECONDS,
    lock_timeout_seconds: float | None = None,
) -> Pool:
    """Return a pool that connects at its first query, so that it opens while PostgreSQL is down.

    `role` is a group role that the DSN's login is a member of; its connections have the rights of
    that role. A pool that `writes` keeps no session that began read-only, which would stay so after
    the database is writable again, and its transactions last no longer than `transaction_seconds`.
    A process that is stopped inside a transaction keeps its rows locked no longer than that, and
    mostly no longer than `idle_in_transaction_seconds`. A statement waits for a lock no longer than
    `lock_timeout_seconds`, where it is given. Nothing may last on a session beyond its transaction:
    a pool does not reset what it is given back, which would cost as much as a small statement.
    """
    settings = _session_settings(
        idle_in_transaction_seconds, transaction_seconds if writes else None
    )
    if lock_timeout_seconds is not None:
        settings["lock_timeout"] = f"{lock_timeout_seconds * 1_000:.0f}ms"
    if role is not None:
        settings["role"] = role
    return await _BoundedPool(
        dsn,
        **_options(max_size, writes, settings),
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=float(COMMAND_TIMEOUT_SECONDS),
        acquire_timeout_seconds=ACQUIRE_TIMEOUT_SECONDS,
        reset=_leave_as_it_is,
    )


async def _leave_as_it_is(_: Connection) -> None: ...


@asynccontextmanager
async def abandonable(pool: Pool) -> AsyncIterator[Connection]:
    """Yield a connection that is terminated when its block is cancelled, as by a time limit.

    One that is given up is not waited for: the driver would ask a server that says nothing to roll
    back, and wait for its answer.
    """
    connection: Connection = await pool.acquire()
    try:
        yield connection
    except asyncio.CancelledError:
        connection.terminate()
        raise
    finally:
        await pool.release(connection)


@asynccontextmanager
async def transaction(connection: Connection) -> AsyncIterator[None]:
    """Do what the block does in one transaction; none is rolled back where it is cancelled."""
    begun = connection.transaction()
    await begun.start()
    try:
        yield
    except Exception:
        await begun.rollback()
        raise
    await begun.commit()


async def open_impatient_pool(
    dsn: str,
    *,
    max_size: int,
    writes: bool = False,
    acquire_seconds: float,
    deadline_seconds: float,
) -> Pool:
    """Return a pool for work that somebody waits for, however PostgreSQL is.

    A connection comes within `acquire_seconds`. The server ends a statement after
    `deadline_seconds`, and a wait for a lock in half of that, so that it certainly did not happen.
    A server that says nothing is given up SERVER_SILENT_SECONDS later. Nothing may last on a
    session beyond its transaction: to reset it would keep the next one waiting as long again as
    the statement itself.
    """
    settings = _session_settings(
        IDLE_IN_TRANSACTION_SECONDS, TRANSACTION_SECONDS if writes else None
    )
    settings["lock_timeout"] = f"{deadline_seconds / 2 * 1_000:.0f}ms"
    settings["statement_timeout"] = f"{deadline_seconds * 1_000:.0f}ms"
    return await _ImpatientPool(
        dsn,
        **_options(max_size, writes, settings),
        timeout=acquire_seconds,
        command_timeout=deadline_seconds + SERVER_SILENT_SECONDS,
        acquire_timeout_seconds=acquire_seconds,
        reset=_leave_as_it_is,
    )


def _session_settings(
    idle_in_transaction_seconds: int, transaction_seconds: float | None
) -> dict[str, str]:
    settings = {"idle_in_transaction_session_timeout": f"{idle_in_transaction_seconds}s"}
    if transaction_seconds is not None:
        settings["transaction_timeout"] = f"{transaction_seconds * 1_000:.0f}ms"
    return settings


def _options(max_size: int, writes: bool, settings: dict[str, str]) -> dict[str, Any]:
    return {
        "min_size": 0,
        "max_size": max_size,
        "max_queries": MAX_QUERIES_PER_CONNECTION,
        "max_inactive_connection_lifetime": MAX_IDLE_SECONDS,
        "loop": None,
        "connection_class": KnowingConnection,
        "record_class": asyncpg.Record,
        "target_session_attrs": "read-write" if writes else None,
        "server_settings": settings,
    }


class DatabaseRefuses(ConfigurationError):
    """PostgreSQL refuses: it needs another login, another database or a migration."""

    code = "DATABASE_REFUSES"


def refusal_of(error: BaseException | None) -> DatabaseRefuses | None:
    """Return what an error of the driver means to an operator; None for any other error.

    The error may be one of ours that was raised from the driver's.
    """
    match error:
        case TradewindError():
            return refusal_of(error.__cause__)
        case asyncpg.InvalidAuthorizationSpecificationError():
            advice = "TRADEWIND_POSTGRES_DSN needs a login that PostgreSQL knows"
        case asyncpg.InsufficientPrivilegeError():
            advice = "TRADEWIND_POSTGRES_DSN needs a login that may do this"
        case asyncpg.InvalidCatalogNameError():
            advice = "TRADEWIND_POSTGRES_DSN names it"
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            advice = "`tradewind migrate` brings the database to the current schema"
        case asyncpg.UndefinedObjectError():
            advice = "PostgreSQL 17 or newer is needed"
        case _:
            return None
    return DatabaseRefuses(f"PostgreSQL: {error}; {advice}")


@contextmanager
def outage_is_transient() -> Iterator[None]:
    """Raise DatabaseUnavailable for the errors of an outage; others pass unchanged."""
    try:
        yield
    except OUTAGE as error:
        raise DatabaseUnavailable(error) from error
