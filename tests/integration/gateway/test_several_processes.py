"""A gateway of several processes on one port: nobody who uses it can tell."""

import asyncio
import os
import re
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator

import httpx2
import orjson
import psutil
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.integration.gateway.test_process import WAIT_SECONDS, started
from tests.settings import Settings
from tests.support.waiting import wait_until
from tests.unit.gateway.support import BODY


@pytest.fixture
async def several(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Process, str]]:
    """Return the first of two processes, and the address."""
    monkeypatch.setenv("TRADEWIND_GATEWAY_PROCESSES", "2")
    async with started(settings) as (process, address):
        yield process, address


def others(process: Process) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


async def subscribed(address: str, resume_from: int | None = None) -> ClientConnection:
    stream = await connected(address)
    subscribe = {"action": "subscribe", "topics": ["*"]}
    more = {} if resume_from is None else {"resumeFrom": resume_from}
    await stream.send(orjson.dumps(subscribe | more).decode())
    assert (await received(stream))["type"] == "subscribed"
    return stream


async def connected(address: str) -> ClientConnection:
    """Connect again while no other process takes connections yet."""
    streams: list[ClientConnection] = []

    async def is_connected() -> bool:
        url = f"ws://{address}/stream"
        streams.append(await connect_websocket(url, compression=None, open_timeout=WAIT_SECONDS))
        return True

    await wait_until(is_connected, "it takes connections", despite=(InvalidStatus,))
    return streams[-1]


async def received(stream: ClientConnection) -> dict[str, object]:
    document: dict[str, object] = orjson.loads(await asyncio.wait_for(stream.recv(), WAIT_SECONDS))
    return document


async def submit(address: str) -> None:
    async with httpx2.AsyncClient() as client:
        response = await client.post(f"http://{address}/intents", json=BODY)
    assert response.status_code == 201


async def test_another_process_serves_streams_and_is_replaced_when_it_dies(
    several: tuple[Process, str],
) -> None:
    """Given two processes: a client follows, loses its process, resumes, and is told to go."""
    process, address = several
    stream = await subscribed(address)
    [other] = others(process)
    assert serves(other, address)
    await submit(address)
    assert (await received(stream))["streamSequence"] == 1
    os.kill(other.pid, signal.SIGKILL)
    with pytest.raises(ConnectionClosed):
        await received(stream)
    await submit(address)
    await wait_until(lambda: [one.pid for one in others(process)] not in ([], [other.pid]))
    stream = await subscribed(address, resume_from=1)
    assert (await received(stream))["streamSequence"] == 2
    assert (await received(stream))["type"] == "live"
    process.send_signal(signal.SIGTERM)
    with pytest.raises(ConnectionClosed):
        await received(stream)
    assert (stream.close_code, stream.close_reason) == (
        1012,
        "the gateway restarts; resumeFrom=2",
    )
    assert await asyncio.wait_for(process.wait(), WAIT_SECONDS) == 0


async def test_the_others_refuse_what_one_would_and_end_with_the_first(
    several: tuple[Process, str],
) -> None:
    process, address = several
    [other] = others(process)
    evil = {"Origin": "http://evil.example"}
    for path, headers, status in (("/stream", evil, 403), ("/x", {}, 404)):
        with pytest.raises(InvalidStatus) as refused:
            await connect_websocket(f"ws://{address}{path}", additional_headers=headers)
        assert refused.value.response.status_code == status
        assert orjson.loads(refused.value.response.body)["request_id"]
    process.kill()
    await wait_until(lambda: not other.is_running() or other.status() == psutil.STATUS_ZOMBIE)


async def test_what_was_answered_before_a_handshake_arrives_first(
    several: tuple[Process, str],
) -> None:
    """Given a request and a handshake in one piece: the answer comes whole, then the stream."""
    _, address = several
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    get = f"GET /openapi.json HTTP/1.1\r\nHost: {address}\r\n\r\n"
    upgrade = (
        f"GET /stream HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    writer.write((get + upgrade).encode())
    async with asyncio.timeout(WAIT_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        assert length is not None
        assert orjson.loads(await reader.readexactly(int(length[1])))["openapi"]
        assert (await reader.readline()).startswith(b"HTTP/1.1 101 ")
    writer.close()


def serves(process: psutil.Process, address: str) -> bool:
    """Return whether a connection to an address of the gateway is held by a process."""
    port = int(address.rpartition(":")[2])
    return any(one.laddr.port == port for one in process.net_connections("tcp"))
