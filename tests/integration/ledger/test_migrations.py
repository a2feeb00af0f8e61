"""Migrations: to the head once, together, and at once when there is nothing to do."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tradewind import CHECKOUT
from tradewind.errors import ConfigurationError
from tradewind.ledger.migrations import (
    MIN_SERVER_VERSION,
    check_server_version,
    current_revision,
    head_revision,
    upgrade,
)
from tradewind.operations.embedded.servers import Servers


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


@pytest.fixture
def empty_database_dsn(servers: Servers) -> Iterator[str]:
    name = f"empty_{uuid4().hex}"
    asyncio.run(execute(servers.postgres_dsn, f"CREATE DATABASE {name}"))
    yield urlsplit(servers.postgres_dsn)._replace(path=f"/{name}").geturl()
    asyncio.run(execute(servers.postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


def test_the_head_is_what_alembic_says() -> None:
    scripts = ScriptDirectory.from_config(Config(str(CHECKOUT / "alembic.ini")))
    assert head_revision() == scripts.get_current_head()


def test_a_server_that_is_too_old_is_refused() -> None:
    check_server_version(MIN_SERVER_VERSION)
    with pytest.raises(ConfigurationError, match="PostgreSQL 16 is too old: 17 or newer"):
        check_server_version(16)


def test_several_may_migrate_together(empty_database_dsn: str) -> None:
    assert asyncio.run(current_revision(empty_database_dsn)) is None
    program = "import sys; from tradewind.ledger.migrations import upgrade; upgrade(sys.argv[1])"
    command = [sys.executable, "-c", program, empty_database_dsn]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert asyncio.run(current_revision(empty_database_dsn)) == head_revision()


async def test_a_running_event_loop_is_no_obstacle(database_dsn: str) -> None:
    upgrade(database_dsn)
    assert await current_revision(database_dsn) == head_revision()
