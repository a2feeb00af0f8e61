"""Types of PostgreSQL are asked for once a process; those of a database whenever they are met."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import asyncpg
import pytest

from tradewind import postgres_connection
from tradewind.postgres import Pool, open_pool

ARRAYS: Final = "SELECT $1::bigint[], $2::timestamptz[], $3::numeric[], $4::bytea[], $5::boolean[]"
VALUES: Final = (
    [2**40],
    [datetime(2030, 1, 2, tzinfo=UTC)],
    [Decimal("0.1")],
    [b"\x00"],
    [True, None],
)


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_dsn, max_size=1)
    yield opened
    opened.terminate()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[int]]:
    """Return the sets of types that the catalogue was asked for, from now on."""
    sets: list[frozenset[int]] = []
    ask = asyncpg.Connection._introspect_types

    async def counted(self: Any, typeoids: Collection[int], timeout: float | None) -> Any:  # noqa: ASYNC109
        sets.append(frozenset(typeoids))
        return await ask(self, typeoids, timeout)

    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", counted)
    monkeypatch.setattr(postgres_connection, "_known", {})
    return sets


async def test_another_connection_does_not_ask_again(
    pool: Pool, asked: list[frozenset[int]]
) -> None:
    for _ in range(2):
        assert tuple(await pool.fetchrow(ARRAYS, *VALUES)) == VALUES
        assert len(asked) == 1
        await pool.expire_connections()


async def test_an_unnamed_statement_is_right_without_the_question(
    pool: Pool, asked: list[frozenset[int]]
) -> None:
    """The driver prepares such a statement again where a question came in between."""
    for _ in range(2):
        async with pool.acquire() as connection:
            rows = await connection.fetchmany(ARRAYS, [VALUES, VALUES])
            assert [tuple(row) for row in rows] == [VALUES, VALUES]
        await pool.expire_connections()
    assert len(asked) == 1


async def test_a_type_of_the_database_is_asked_for_by_each_connection(
    pool: Pool, asked: list[frozenset[int]]
) -> None:
    """Given a type that was dropped and made again, so that it has another id."""
    for word in ("left", "right"):
        await pool.execute(f"CREATE TYPE side AS ENUM ('{word}')")
        assert await pool.fetchval("SELECT $1::side[]", [word]) == [word]
        await pool.execute("DROP TYPE side")
        await pool.expire_connections()
    assert len(asked) == 2
