"""Everybody's own way into the session's servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.integration.access.client import Visitor
from tradewind.operations.access.identities import Identity
from tradewind.operations.access.postgres_logins import render_logins
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import connect, declare_streams

type DsnOf = Callable[[str], str]
type PoolOf = Callable[[str], Awaitable[Pool]]
type Visit = Callable[[str], Awaitable[Visitor]]


@pytest.fixture
async def dsn_of(servers: Servers, database_dsn: str) -> DsnOf:
    """Return who gets which address of a fresh database; the logins are there."""
    connection = await asyncpg.connect(database_dsn)
    await connection.execute(render_logins(servers.credentials))
    await connection.close()
    database = urlsplit(database_dsn).path
    return lambda who: (
        urlsplit(servers.url("postgres", Identity(who)))._replace(path=database).geturl()
    )


@pytest.fixture
async def pool_of(dsn_of: DsnOf) -> AsyncIterator[PoolOf]:
    """Return who gets which connections to that database."""
    async with AsyncExitStack() as stack:

        async def open_one(who: str) -> Pool:
            pool = await open_pool(dsn_of(who), max_size=2)
            stack.push_async_callback(pool.close)
            return pool

        yield open_one


@pytest.fixture
async def streams(nats_url: str) -> str:
    """Declare the streams; return the administrator's address."""
    async with await connect(nats_url, name="administrator") as connection:
        await declare_streams(connection)
    return nats_url


@pytest.fixture
async def visit(servers: Servers, streams: str) -> AsyncIterator[Visit]:
    """Return who gets which connection to a broker that has every stream."""
    async with AsyncExitStack() as stack:

        async def open_visitor(who: str) -> Visitor:
            visitor = await Visitor.open(servers.url("nats", Identity(who)), who)
            stack.push_async_callback(visitor.close)
            return visitor

        yield open_visitor
