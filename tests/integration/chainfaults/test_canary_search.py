"""The search finds the key wherever it is planted, so that an empty result proves something."""

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import nats
import pytest
import redis

from tests.support import canary
from tests.support.canary import CHUNK_BYTES, Canary
from tradewind.operations.embedded.servers import Servers

WAYS: dict[str, Callable[[Canary], bytes]] = {
    "hexadecimal": lambda one: one.secret.hex().encode(),
    "with 0x": lambda one: one.key.encode(),
    "upper case": lambda one: b"0X" + one.secret.hex().upper().encode(),
    "bytes": lambda one: one.secret,
    "decimal": lambda one: b"%d" % int.from_bytes(one.secret),
    "base64": lambda one: base64.b64encode(one.secret),
    "base64 for URLs": lambda one: base64.urlsafe_b64encode(b"x" + one.secret + b"y"),
    "base64 of a setting": lambda one: base64.b64encode(
        b"TRADEWIND_WALLET_KEY=" + one.key.encode()
    ),
    "escaped bytes": lambda one: "".join(f"\\x{byte:02x}" for byte in one.secret).encode(),
}


@pytest.fixture
def planted() -> Canary:
    """Return a key of this test alone."""
    return Canary.hatch()


@pytest.mark.parametrize("way", WAYS)
def test_it_is_found_in_a_file(way: str, planted: Canary, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    log = tmp_path / "deep" / "role.log"
    log.write_bytes(b"key=" + WAYS[way](planted)[:-8])
    assert list(canary.in_files(planted, tmp_path)) == []
    log.write_bytes(b"key=" + WAYS[way](planted) + b" and more")
    assert list(canary.in_files(planted, tmp_path))


def test_it_is_found_where_two_chunks_meet(planted: Canary, tmp_path: Path) -> None:
    (tmp_path / "large.log").write_bytes(bytes(CHUNK_BYTES - 20) + planted.key.encode())
    assert list(canary.in_files(planted, tmp_path))


@pytest.mark.parametrize("column", ["name text", "name bytea", "name jsonb", "name text[]"])
async def test_it_is_found_in_the_database(column: str, planted: Canary, database_dsn: str) -> None:
    assert await canary.in_database(planted, database_dsn) == []
    value: object = {
        "name text": f"wallet {planted.key}",
        "name bytea": b"\x00" + planted.secret,
        "name jsonb": f'{{"key": "{planted.key}"}}',
        "name text[]": ["a", planted.key],
    }[column]
    connection = await asyncpg.connect(database_dsn)
    await connection.execute(f"CREATE SCHEMA other; CREATE TABLE other.leak ({column})")
    await connection.execute("INSERT INTO other.leak VALUES ($1)", value)
    await connection.close()
    (found,) = await canary.in_database(planted, database_dsn)
    assert found.startswith("leak.name: ")


def test_it_is_found_in_redis(planted: Canary, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("harmless", "value")
        assert canary.in_redis(planted, redis_url) == []
        client.set("a", planted.key)
        client.hset("b", "field", planted.secret)
        client.zadd("c", {planted.secret.hex(): 1})
        client.sadd("d", planted.key)
        client.rpush("e", planted.key)
        client.set(f"f:{planted.key}", "")
        client.xadd("g", {"key": planted.secret})
    found = {line.split()[1][:3] for line in canary.in_redis(planted, redis_url)}
    assert found == {f"b'{name}" for name in "abcdefg"}


async def test_it_is_found_in_the_store_of_nats(
    planted: Canary, servers: Servers, nats_url: str
) -> None:
    directory = servers.processes["nats"].service.directory
    async with await nats.connect(nats_url) as client:
        context = client.jetstream()
        await context.add_stream(name="LEAK", subjects=["leak"])
        await context.publish("leak", b"harmless")
        assert list(canary.in_files(planted, directory)) == []
        await context.publish("leak", planted.key.encode())
        assert list(canary.in_files(planted, directory))


def test_it_is_found_in_an_environment(planted: Canary) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "input(chr(62))"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"INNOCENT_NAME": planted.key},
    )
    assert process.stdout is not None
    assert process.stdout.read(1) == b">"
    try:
        here = {"this process": os.getpid()}
        assert canary.in_environments(planted, here) == []
        assert canary.in_environments(planted, {"child": process.pid})
    finally:
        process.communicate(b"\n")
