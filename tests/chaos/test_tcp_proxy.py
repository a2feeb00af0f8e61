"""What the proxy does wrong, against a server that echoes, and what it sees in real protocols."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest
from nats.aio.msg import Msg

from tests.chaos.harness import WATCHERS
from tests.chaos.tcp_proxy import LOOPBACK, Moment, TcpProxy, Trap
from tests.chaos.wire import APPENDS, AcknowledgementWatcher, CommitWatcher
from tests.support.runtime_events import make_event
from tests.support.waiting import wait_until
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.queries import QUERIES
from tradewind.runtime import Publisher, connect, declare_streams
from tradewind.runtime.consumers import ConsumerSpec
from tradewind.runtime.pull_consumer import ACK, PullConsumer

PATIENCE_SECONDS = 5.0


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1_000):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def proxy_of_an_echo() -> AsyncIterator[TcpProxy]:
    server = await asyncio.start_server(_echo, LOOPBACK, 0)
    async with server, TcpProxy(server.sockets[0].getsockname()[1]).listening() as proxy:
        yield proxy


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def hear(self, seconds: float = PATIENCE_SECONDS) -> bytes:
        async with asyncio.timeout(seconds):
            return await self._reader.read(1_000)

    async def echo(self, data: bytes) -> bytes:
        self.writer.write(data)
        return await self.hear()


@asynccontextmanager
async def client_of(proxy: TcpProxy) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


async def test_it_hands_on_both_ways() -> None:
    async with proxy_of_an_echo() as proxy, client_of(proxy) as client:
        assert await client.echo(b"one") == b"one"


async def test_a_cut_resets_and_a_closed_proxy_takes_nobody() -> None:
    async with proxy_of_an_echo() as proxy, client_of(proxy) as client:
        await client.echo(b"one")
        proxy.is_closed = True
        assert proxy.cut() == 1
        with pytest.raises(ConnectionResetError):
            await client.hear()
        async with client_of(proxy) as other:
            with pytest.raises(ConnectionResetError):
                await other.hear()


async def test_a_half_close_ends_what_the_client_hears() -> None:
    async with proxy_of_an_echo() as proxy, client_of(proxy) as client:
        await client.echo(b"one")
        proxy.half_close("client")
        assert await client.hear() == b""
        assert await client.echo(b"two") == b""


async def test_silence_is_no_end() -> None:
    async with proxy_of_an_echo() as proxy, client_of(proxy) as client:
        proxy.flows.clear()
        client.writer.write(b"one")
        with pytest.raises(TimeoutError):
            await client.hear(0.2)
        proxy.flows.set()
        assert await client.hear() == b"one"


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_a_commit_is_seen_however_it_is_cut_up(size: int) -> None:
    startup = (8).to_bytes(4) + (80877103).to_bytes(4) + (9).to_bytes(4) + b"\0\3\0\0x"
    others = b"Q\0\0\0\x0bBEGIN;\0" + b"P\0\0\0\x0d\0COMMIT;\0"
    commit = b"Q\0\0\0\x0cCOMMIT;\0"
    watcher = CommitWatcher()
    before = startup + others

    def sees(data: bytes) -> bool:
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        seen = [watcher.sees_it(piece) for piece in pieces]
        return any(seen)

    assert not sees(before)
    assert sees(commit)
    assert not sees(others)


@pytest.mark.parametrize(
    ("settle", "capacity"), [("ack", 1), ("ack", 64), ("ack_all", 1), ("nak", 1), ("term", 1)]
)
async def test_a_real_acknowledgement_is_seen(settle: str, capacity: int, nats_url: str) -> None:
    """Given what a consumer writes, alone or with a request, then what acknowledges is cut."""
    port = urlsplit(nats_url).port
    assert port is not None
    arrived = asyncio.Queue[Msg]()
    async with (
        TcpProxy(port, WATCHERS["nats"]).listening() as proxy,
        await connect(nats_url.replace(f":{port}", f":{proxy.port}"), name="cut") as connection,
    ):
        await declare_streams(connection)
        publisher = Publisher(connection)
        spec = ConsumerSpec(EVENTS_STREAM, "cut", 30_000)
        consumer = PullConsumer(connection, spec, capacity=capacity, on_message=arrived.put_nowait)
        await consumer.start()
        proxy.trap = trap = Trap("before")
        await publisher.publish(make_event())
        message = await arrived.get()
        assert not trap.sprung.is_set()
        await getattr(consumer, settle)([message] if settle == "ack_all" else message)
        if settle.startswith("ack"):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await trap.sprung.wait()
            await wait_until(lambda: connection.client.stats["reconnects"] > 0)
        else:
            await connection.flush()
            assert not trap.sprung.is_set()
        await consumer.close()
        await publisher.close()


def test_nothing_else_is_an_acknowledgement() -> None:
    watcher = AcknowledgementWatcher()

    assert watcher.sees_it(b"PUB $JS.ACK.EVENTS.planner.1.2.3.4.5  4\r\n%b\r\n" % ACK)
    assert not watcher.sees_it(b"PUB $JS.ACK.EVENTS.planner.1.2.3.4.5  4\r\n+WPI\r\n")
    assert not watcher.sees_it(b"PUB intent.accepted.a.b  4\r\n%b\r\n" % ACK)


@pytest.mark.parametrize(("moment", "rows"), [("before", 0), ("after", 1)])
async def test_a_real_commit_is_cut(moment: Moment, rows: int, database_dsn: str) -> None:
    port = urlsplit(database_dsn).port
    assert port is not None
    direct = await asyncpg.connect(database_dsn)
    await direct.execute("CREATE TABLE noted (one integer)")
    async with TcpProxy(port, WATCHERS["postgres"]).listening() as proxy:
        dsn = database_dsn.replace(f":{port}/", f":{proxy.port}/")
        connection = await asyncpg.connect(dsn)
        async with connection.transaction():
            await connection.execute("CREATE TEMPORARY TABLE before_that ()")
        assert proxy.answered == 1
        proxy.trap = Trap(moment)
        with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
            async with connection.transaction():
                await connection.execute("INSERT INTO noted VALUES (1)")
        connection.terminate()
    assert await direct.fetchval("SELECT count(*) FROM noted") == rows
    await direct.close()


async def test_a_statement_that_commits_itself_is_a_commit(database_dsn: str) -> None:
    """Given an append without a transaction, then it is cut, and counted where it wrote."""
    assert APPENDS.decode() in QUERIES["insert_events"]
    statement = (
        "WITH one AS (SELECT $1::integer AS id WHERE $1 > 0), "
        "appended AS (INSERT INTO events (id) SELECT id FROM one) SELECT * FROM one"
    )
    port = urlsplit(database_dsn).port
    assert port is not None
    apart = {"search_path": "apart"}
    direct = await asyncpg.connect(database_dsn, server_settings=apart)
    await direct.execute("CREATE SCHEMA apart; CREATE TABLE events (id integer UNIQUE)")
    async with TcpProxy(port, WATCHERS["postgres"]).listening() as proxy:
        dsn = database_dsn.replace(f":{port}/", f":{proxy.port}/")
        rows = 0
        moments: tuple[Moment, Moment] = ("before", "after")
        for stored, moment in enumerate(moments):
            connection = await asyncpg.connect(dsn, server_settings=apart)
            await connection.fetch(statement, 0)
            assert proxy.answered == rows
            await connection.fetch(statement, rows + 1)
            rows += 1
            with pytest.raises(asyncpg.UniqueViolationError):
                await connection.fetch(statement, rows)
            async with connection.transaction():
                await connection.fetch(statement, 100 + rows)
            rows += 1
            assert proxy.answered == rows
            proxy.trap = Trap(moment)
            await connection.fetch("SELECT 1")
            with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
                await connection.fetch(statement, 200)
            connection.terminate()
            assert await direct.fetchval("SELECT count(*) FROM events WHERE id = 200") == stored
    await direct.close()
