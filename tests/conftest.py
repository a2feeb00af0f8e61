"""Real servers for every test that asks: started once, emptied for each test."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import nats
import pytest
import redis
from pydantic import SecretStr

from tests.settings import Settings
from tests.support.canary import Canary, in_databases, in_files, in_redis
from tests.support.directories import open_directory
from tests.support.examples import load_profile
from tests.support.key_searches import KeySearches
from tradewind.operations.embedded.servers import Servers, start_servers
from tradewind.settings import PREFIX

load_profile()

pytest_plugins = [
    "tests.support.cpu_budgets",
    "tests.support.interpreter",
    "tests.support.logs",
    "tests.support.scheduling",
]

TEMPLATE_DATABASE = "migrated_template"
NOWHERE = "http://127.0.0.1:9"
"""A provider that is away: no test asks the real one."""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what is marked `last` there."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def canary() -> Canary:
    """Return the key every orchestrator of this session signs with."""
    return Canary.hatch()


@pytest.fixture(scope="session")
def key_searches(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeySearches]:
    """Return what the last test makes: everybody who starts something adds how to search it."""
    yield KeySearches()
    assert list(in_files(canary, tmp_path_factory.getbasetemp())) == []


@pytest.fixture(scope="session")
def servers(canary: Canary, key_searches: KeySearches) -> Iterator[Servers]:
    """nats-server, PostgreSQL and Valkey in a directory of their own."""
    with (
        open_directory("tests") as directory,
        start_servers(directory) as running,
        key_searches.until_stopped(lambda: _search(canary, running, directory)),
    ):
        yield running


@pytest.fixture(scope="session")
def template_database(servers: Servers) -> str:
    from tradewind.ledger import migrations

    _execute(servers.postgres_dsn, f"CREATE DATABASE {TEMPLATE_DATABASE}")
    migrations.upgrade(_database_url(servers, TEMPLATE_DATABASE))
    return TEMPLATE_DATABASE


@pytest.fixture
def database_dsn(servers: Servers, template_database: str) -> Iterator[str]:
    """Return the address of a fresh, migrated database."""
    with fresh_database(servers, template_database) as dsn:
        yield dsn


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """Return the address of an empty Redis."""
    return emptied_redis(servers)


@pytest.fixture
def nats_url(servers: Servers) -> str:
    """Return the address of a nats-server without any stream or bucket."""
    return emptied_broker(servers)


@pytest.fixture
def settings(nats_url: str, database_dsn: str, redis_url: str) -> Settings:
    """Return default settings with the addresses of the emptied servers."""
    return Settings(
        nats_url=nats_url,
        postgres_dsn=SecretStr(database_dsn),
        redis_url=SecretStr(redis_url),
        hyperliquid_url=NOWHERE,
    )


@contextmanager
def fresh_database(servers: Servers, template: str) -> Iterator[str]:
    """Yield the address of a database that is dropped afterwards."""
    name = f"test_{uuid4().hex}"
    # A third cheaper than the default, which writes each block of the template to the log.
    create = f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"
    _execute(servers.postgres_dsn, create)
    yield _database_url(servers, name)
    _execute(servers.postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)")


def emptied_redis(servers: Servers) -> str:
    """Return the address of Redis, without its keys."""
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushall()
    return servers.redis_url


def emptied_broker(servers: Servers) -> str:
    """Return the address of the broker, without its streams and buckets."""
    asyncio.run(_delete_streams(servers.nats_url))
    _remove_leftovers(servers.processes["nats"].service.directory)
    return servers.nats_url


async def _search(canary: Canary, servers: Servers, directory: Path) -> list[str]:
    found = list(in_files(canary, directory)) + in_redis(canary, servers.redis_url)
    return found + await in_databases(canary, servers.postgres_dsn)


def _database_url(servers: Servers, database: str) -> str:
    return urlsplit(servers.postgres_dsn)._replace(path=f"/{database}").geturl()


def _execute(dsn: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


async def _delete_streams(url: str) -> None:
    client = await nats.connect(url)
    try:
        context = client.jetstream()
        for stream in await context.streams_info():
            if stream.config.name:
                await context.delete_stream(stream.config.name)
    finally:
        await client.close()


def _remove_leftovers(directory: Path) -> None:
    """Remove what deleted streams leave behind: the server removes files later, or never.

    A stream of the same name would find them, and hold old messages or not start at all.
    """
    while leftovers := list(directory.glob("jetstream/*/streams/*")):
        for leftover in leftovers:
            shutil.rmtree(leftover, ignore_errors=True)
