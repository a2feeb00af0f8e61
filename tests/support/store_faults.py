"""What may be wrong with PostgreSQL while it runs: one row a fault, begun and ended over SQL."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import asyncpg

from tests.support.paused import go_on, stop
from tests.support.waiting import wait_until

PAUSE_SECONDS: Final = 0.05

_OTHERS: Final = (
    "FROM pg_stat_activity "
    "WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_PIDS: Final = f"SELECT pid {_OTHERS}"
_END: Final = f"SELECT pg_terminate_backend(pid) {_OTHERS}"
_LEDGER: Final = "writer, event_index, events, correlation_head, parked, quarantine, dead_letters"


class Database(Protocol):
    """An administrator's session, beside those of the database that is hurt."""

    async def execute(self, query: str, *args: Any) -> str: ...

    async def fetch(self, query: str, *args: Any) -> list[Any]: ...


type Hurt = Callable[[Database, str], AbstractAsyncContextManager[None]]
"""Hurts the database of a name while a block runs."""


@dataclass(frozen=True)
class StoreFault:
    """A fault of PostgreSQL, and the reason `/ready` gives for it."""

    name: str
    reason: str
    hurt: Hurt

    def __str__(self) -> str:
        return self.name

    @asynccontextmanager
    async def on(self, dsn: str) -> AsyncIterator[None]:
        """Hurt the database of a superuser's address while the block runs."""
        address = urlsplit(dsn)
        administrator = await asyncpg.connect(dsn)
        try:
            async with self.hurt(administrator, address.path.lstrip("/")):
                yield
        finally:
            await administrator.close()


async def _end_sessions(database: Database, name: str) -> None:
    """End all other sessions, and let their clients read that they have ended."""
    await database.fetch(_END, name)

    async def have_ended() -> bool:
        return not await database.fetch(_PIDS, name)

    await wait_until(have_ended)
    await asyncio.sleep(PAUSE_SECONDS)


RELOADED: Final = "SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'"
RELOAD_SECONDS: Final = 0.3


@asynccontextmanager
async def read_only_sessions(database: Database, name: str) -> AsyncIterator[None]:
    """Every new session is read-only, as after a fail-over to a stand-by; the old ones end."""
    await database.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        await _end_sessions(database, name)
        yield
    finally:
        await database.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


@asynccontextmanager
async def read_only_server(database: Database, name: str) -> AsyncIterator[None]:
    """The server turns read-only under sessions that stay, as for maintenance."""
    await database.execute("SET default_transaction_read_only = off")
    await database.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    try:
        await database.execute("SELECT pg_reload_conf()")

        async def has_reloaded() -> bool:
            (row,) = await database.fetch(RELOADED)
            return bool(row["reset_val"] == "on")

        # The signal reaches all sessions at about the time it reaches this one.
        await wait_until(has_reloaded, "the server has read its configuration")
        await asyncio.sleep(RELOAD_SECONDS)
        yield
    finally:
        await database.execute("ALTER SYSTEM RESET default_transaction_read_only")
        await database.execute("SELECT pg_reload_conf()")


@asynccontextmanager
async def closed_to_connections(database: Database, name: str) -> AsyncIterator[None]:
    """The database refuses every session, and ends those there are."""
    # ALTER DATABASE refuses this to a session of the database itself.
    allow = "UPDATE pg_database SET datallowconn = $2 WHERE datname = $1"
    await database.execute(allow, name, False)
    try:
        await _end_sessions(database, name)
        yield
    finally:
        await database.execute(allow, name, True)


@asynccontextmanager
async def frozen(database: Database, name: str) -> AsyncIterator[None]:
    """The sessions there are do not answer any more; nobody closes them."""
    pids = [row["pid"] for row in await database.fetch(_PIDS, name)]
    for pid in _running(pids, signal.SIGSTOP):
        stop(pid)
    try:
        yield
    finally:
        for pid in _running(pids, signal.SIGCONT):
            go_on(pid)


def _running(pids: list[int], number: signal.Signals) -> Iterator[int]:
    return (pid for pid in pids if os.path.exists(f"/proc/{pid}"))


def locked(tables: str) -> Hurt:
    """Return a fault: somebody keeps these tables locked, and does nothing."""

    @asynccontextmanager
    async def hurt(database: Database, name: str) -> AsyncIterator[None]:
        await database.execute("BEGIN")
        try:
            await database.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
            yield
        finally:
            await database.execute("ROLLBACK")

    return hurt


def renamed(table: str) -> Hurt:
    """Return a fault: a table is not there, as before a migration."""

    @asynccontextmanager
    async def hurt(database: Database, name: str) -> AsyncIterator[None]:
        await database.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            await database.execute(f"ALTER TABLE {table}_away RENAME TO {table}")

    return hurt


def refusing(sqlstate: str, table: str = "ingress") -> Hurt:
    """Return a fault: every insert into a table ends with this error."""
    return _triggered(table, f"RAISE EXCEPTION 'a drill' USING ERRCODE = '{sqlstate}'")


def slow(seconds: float, table: str = "ingress") -> Hurt:
    """Return a fault: every insert into a table takes this long."""
    return _triggered(table, f"PERFORM pg_sleep({seconds})")


def _triggered(table: str, statement: str) -> Hurt:
    @asynccontextmanager
    async def hurt(database: Database, name: str) -> AsyncIterator[None]:
        await database.execute(
            "CREATE FUNCTION drill() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN {statement}; RETURN NULL; END$$; "
            f"CREATE TRIGGER drill BEFORE INSERT ON {table} EXECUTE FUNCTION drill()"
        )
        try:
            yield
        finally:
            await database.execute("DROP FUNCTION drill() CASCADE")

    return hurt


READ_ONLY_SESSIONS: Final = StoreFault("read-only sessions", "READ_ONLY", read_only_sessions)
READ_ONLY_SERVER: Final = StoreFault("read-only server", "READ_ONLY", read_only_server)
INGRESS_LOCKED: Final = StoreFault("lock on ingress", "LOCKED", locked("ingress"))
CLOSED: Final = StoreFault("closed to connections", "UNREACHABLE", closed_to_connections)
LEDGER_LOCKED: Final = StoreFault("lock on the ledger", "LOCKED", locked(_LEDGER))

STORE_FAULTS: Final = (
    READ_ONLY_SESSIONS,
    READ_ONLY_SERVER,
    INGRESS_LOCKED,
    CLOSED,
    StoreFault("a table is missing", "NOT_MIGRATED", renamed("ingress")),
    StoreFault("a right is missing", "REFUSED", refusing("42501")),
    StoreFault("wrong password", "REFUSED", refusing("28P01")),
    StoreFault("not in pg_hba.conf", "REFUSED", refusing("28000")),
    StoreFault("disk full", "FULL", refusing("53100")),
    StoreFault("out of memory", "FULL", refusing("53200")),
    StoreFault("too many connections", "TOO_MANY_CONNECTIONS", refusing("53300")),
    StoreFault("lock not available", "LOCKED", refusing("55P03")),
    StoreFault("statement cancelled", "TIMEOUT", refusing("57014")),
    StoreFault("transaction too long", "TIMEOUT", refusing("25P04")),
    StoreFault("idle in transaction", "UNREACHABLE", refusing("25P03")),
    StoreFault("cannot connect now", "UNREACHABLE", refusing("57P03")),
    StoreFault("deadlock", "UNREACHABLE", refusing("40P01")),
    StoreFault("serialization failure", "UNREACHABLE", refusing("40001")),
    StoreFault("out of transaction ids", "UNREACHABLE", refusing("54000")),
    StoreFault("input/output error", "UNREACHABLE", refusing("58030")),
    StoreFault("slow", "TIMEOUT", slow(20)),
)
"""Faults in which an intent certainly is not kept."""

LONG_STORE_FAULTS: Final = (
    READ_ONLY_SESSIONS,
    READ_ONLY_SERVER,
    CLOSED,
    INGRESS_LOCKED,
    LEDGER_LOCKED,
)
"""Faults of the whole database, for a platform under load."""
