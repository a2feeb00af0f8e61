"""A platform as the last release with one stage of risk left it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic.command import upgrade
from alembic.config import Config

from tests.integration.ledger.harness import LedgerHarness
from tests.settings import Settings
from tradewind import CHECKOUT
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import open_pool
from tradewind.redis import open_redis
from tradewind.runtime import connect, declare_streams

ONE_STAGE_REVISION = "0020"
"""The newest schema of the releases that had one stage."""


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


@pytest.fixture
def database_dsn(servers: Servers) -> Iterator[str]:
    """Return the address of a database with the schema of a release with one stage."""
    name = f"upgraded_{uuid4().hex}"
    dsn = urlsplit(servers.postgres_dsn)._replace(path=f"/{name}").geturl()
    asyncio.run(execute(servers.postgres_dsn, f"CREATE DATABASE {name}"))
    config = Config(str(CHECKOUT / "alembic.ini"), attributes={"dsn": dsn})
    with ThreadPoolExecutor(1) as executor:
        executor.submit(upgrade, config, ONE_STAGE_REVISION).result()
    yield dsn
    asyncio.run(execute(servers.postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def harness(settings: Settings) -> AsyncIterator[LedgerHarness]:
    """Return what a test does with a coordinator; EVENTS stores subjects without partitions."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value())
    redis = open_redis(settings.redis_url.get_secret_value())
    async with await connect(settings.nats_url, name="test") as connection, redis:
        await declare_streams(connection, partitions=0)
        yield LedgerHarness(settings, connection, pool, redis)
    await pool.close()
