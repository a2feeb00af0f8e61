"""The embedded servers: they come up, come back with their data and leave nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import nats
import pytest
import redis.asyncio

from tests.support.directories import open_directory
from tests.support.waiting import block_until
from tradewind.operations.embedded.servers import Servers, start_servers
from tradewind.operations.processes.errors import DataDirectoryInUse

DEADLINE_SECONDS = 180.0
NOBODY_ID = 65_534
HOLD = """
import signal, sys
from pathlib import Path
from tradewind.operations.embedded.servers import start_servers
# what runs in the background of a shell was told to ignore it
signal.signal(signal.SIGINT, signal.default_int_handler)
with start_servers(Path(sys.argv[1])) as servers:
    print(*(process.pid for process in servers.processes.values()), flush=True)
    signal.pause()
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    """Return a new directory that the database's own user can reach."""
    with open_directory("tests") as path:
        yield path


async def test_every_server_answers(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.postgres_dsn)
    assert await connection.fetchval("SHOW fsync") == "on"
    await connection.close()
    client = await nats.connect(servers.nats_url)
    await client.jetstream().account_info()
    await client.close()
    async with redis.asyncio.from_url(servers.redis_url) as cache:
        assert await cache.ping()
        assert (await cache.config_get("maxmemory-policy")) == {"maxmemory-policy": "noeviction"}


async def test_a_killed_database_comes_back_with_its_data(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.postgres_dsn)
    await connection.execute("CREATE TABLE survivor AS SELECT 42 AS answer")
    postgres = servers.processes["postgres"]
    postgres.kill()
    await connection.close()

    postgres.restart()

    connection = await asyncpg.connect(servers.postgres_dsn)
    assert await connection.fetchval("SELECT answer FROM survivor") == 42
    await connection.execute("DROP TABLE survivor")
    await connection.close()


async def test_a_killed_broker_comes_back_with_its_messages(
    servers: Servers, nats_url: str
) -> None:
    client = await nats.connect(nats_url)
    await client.jetstream().add_stream(name="SURVIVOR", subjects=["survivor"])
    await client.jetstream().publish("survivor", b"still here")
    await client.close()
    broker = servers.processes["nats"]
    broker.kill()

    broker.restart()

    client = await nats.connect(nats_url)
    message = await client.jetstream().get_last_msg("SURVIVOR", "survivor")
    assert message.data == b"still here"
    await client.close()


async def test_a_killed_cache_comes_back_empty(servers: Servers, redis_url: str) -> None:
    async with redis.asyncio.from_url(redis_url) as cache:
        await cache.set("key", "value")
    servers.processes["redis"].kill()

    servers.processes["redis"].restart()

    async with redis.asyncio.from_url(redis_url) as cache:
        assert await cache.get("key") is None


def test_a_second_start_takes_the_same_ports(directory: Path) -> None:
    with start_servers(directory, names=["nats", "redis"]) as servers:
        first = (servers.nats_url, servers.redis_url)
    with start_servers(directory, names=["nats", "redis"]) as servers:
        assert (servers.nats_url, servers.redis_url) == first


def test_a_data_directory_is_for_one_process(directory: Path) -> None:
    with (
        start_servers(directory, names=["redis"]),
        pytest.raises(DataDirectoryInUse, match=f"in use by process {os.getpid()}"),
        start_servers(directory, names=["redis"]),
    ):
        pass


def test_servers_are_started_from_the_main_thread(directory: Path) -> None:
    errors: list[str] = []

    def start() -> None:
        try:
            with start_servers(directory, names=["redis"]):
                pass
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert errors == ["children must be started from the main thread"]


def test_kill_9_of_the_parent_leaves_no_orphan_and_no_lock(directory: Path) -> None:
    parent, pids = _hold(directory, [])
    parent.kill()
    parent.wait()

    assert _ended(pids)
    with start_servers(directory) as servers:
        assert set(servers.processes) == {"nats", "redis", "postgres"}


def test_root_s_database_elsewhere_is_found_again_and_goes_with_its_link(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives its database to another user")
    data = tmp_path / "data"
    for _ in range(2):
        with start_servers(data, names=["postgres"]):
            cluster = (data / "postgres").readlink()
            assert cluster.is_dir()
    shutil.rmtree(data)

    with start_servers(data, names=["postgres"]):
        assert (data / "postgres").readlink() != cluster
        assert not cluster.exists()


def test_a_normal_user_can_run_the_servers(directory: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("all the other tests show it")
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv to become a normal user")
    os.chown(directory, NOBODY_ID, NOBODY_ID)
    # The capability lets that user reach an interpreter below root's home.
    capability = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    user = [f"--reuid={NOBODY_ID}", f"--regid={NOBODY_ID}", "--clear-groups"]
    become = ["setpriv", *user, *capability]
    if subprocess.run([*become, sys.executable, "-c", ""], check=False).returncode != 0:
        pytest.skip("a normal user cannot reach the interpreter here")

    parent, pids = _hold(directory, become)
    owners = {Path("/proc", str(pid)).stat().st_uid for pid in pids}
    parent.send_signal(signal.SIGINT)
    parent.wait()

    assert owners == {NOBODY_ID}
    assert _ended(pids)


def _hold(directory: Path, prefix: list[str]) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a process that holds all servers; return it with their pids."""
    parent = subprocess.Popen(
        [*prefix, sys.executable, "-c", HOLD, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        return parent, [int(pid) for pid in parent.stdout.readline().split()]


def _ended(pids: list[int]) -> bool:
    assert pids
    block_until(lambda: not any(Path("/proc", str(pid)).exists() for pid in pids), "all are gone")
    return True


async def test_a_database_that_trusted_everybody_is_closed_and_keeps_its_data(
    directory: Path,
) -> None:
    """Given a cluster of an earlier version, then only who knows the password gets in."""
    with start_servers(directory, names=["postgres"]) as servers:
        connection = await asyncpg.connect(servers.postgres_dsn)
        await connection.execute("CREATE TABLE survivor AS SELECT 42 AS answer")
        await connection.close()
    cluster = (directory / "postgres").resolve()
    (cluster / "pg_hba.conf").write_text("host all all 127.0.0.1/32 trust\n")
    (cluster / "administrator.sha256").unlink()

    with start_servers(directory, names=["postgres"]) as servers:
        await _check_survivor(servers)


async def test_who_loses_the_passwords_gets_new_ones(directory: Path) -> None:
    with start_servers(directory, names=["postgres", "redis", "nats"]) as servers:
        old = servers.postgres_dsn
        connection = await asyncpg.connect(old)
        await connection.execute("CREATE TABLE survivor AS SELECT 42 AS answer")
        await connection.close()
    (directory / "credentials.json").unlink()

    with start_servers(directory, names=["postgres", "redis", "nats"]) as servers:
        assert servers.postgres_dsn != old
        await _check_survivor(servers)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(old)
        async with redis.asyncio.from_url(servers.redis_url) as cache:
            assert await cache.ping()
        await (await nats.connect(servers.nats_url)).close()


async def _check_survivor(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.postgres_dsn)
    assert await connection.fetchval("SELECT answer FROM survivor") == 42
    await connection.close()
    for password in ("", "guessed"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(servers.postgres_dsn, password=password)
