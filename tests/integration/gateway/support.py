"""A gateway on real servers in this process, and clients of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import batched
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET, socket
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed

from gateway.bootstrap import create_server, open_services
from gateway.http.server import GatewayServer, bind
from gateway.services import Services
from gateway.stream.hub import StreamHub
from tests.settings import Settings
from tests.unit.gateway.support import make_event
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.runtime import NatsConnection, Publisher, connect

WAIT_SECONDS = 20.0
POLL_SECONDS = 0.005
PUBLISH_BATCH_EVENTS = 100


async def until(condition: Callable[[], object]) -> None:
    """Return once a condition holds; TimeoutError when it does not in time."""
    for _ in range(int(WAIT_SECONDS / POLL_SECONDS)):
        if condition():
            return
        await asyncio.sleep(POLL_SECONDS)
    raise TimeoutError


@dataclass
class StreamSocket:
    """A WebSocket client."""

    connection: ClientConnection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_SECONDS):
            document: dict[str, Any] = json.loads(await self.connection.recv())
            return document

    async def receive_events(self, count: int) -> list[dict[str, Any]]:
        """Return the next events, without the control frames between them."""
        return [await self._receive_event() for _ in range(count)]

    async def _receive_event(self) -> dict[str, Any]:
        """Heartbeats are no event, however many of them come."""
        async with asyncio.timeout(WAIT_SECONDS):
            while "type" in (frame := await self.receive()):
                pass
            return frame

    async def receive_close(self) -> tuple[int, str]:
        """Return code and reason of the close, whatever comes before it."""
        async with asyncio.timeout(WAIT_SECONDS):
            with suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""

    async def subscribe(self, *topics: str, **more: Any) -> dict[str, Any]:
        await self.send(action="subscribe", topics=list(topics), **more)
        return await self.receive()


@dataclass
class RunningGateway:
    """A gateway, its address, and a way around it to the broker."""

    url: str
    services: Services
    connection: NatsConnection
    publisher: Publisher
    client: httpx2.AsyncClient
    server: GatewayServer

    @property
    def hub(self) -> StreamHub:
        return self.services.stream.hub

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @asynccontextmanager
    async def stream(self, **options: Any) -> AsyncIterator[StreamSocket]:
        """Yield a WebSocket connection; it takes in all that comes unless told otherwise."""
        url = self.url.replace("http", "ws") + "/stream"
        options = {"compression": None, "max_queue": None} | options
        async with connect_websocket(url, **options) as connection:
            yield StreamSocket(connection)

    def narrow_socket(self) -> socket:
        """Return a connected socket that takes in little before its owner reads."""
        narrow = socket()
        narrow.setsockopt(SOL_SOCKET, SO_RCVBUF, 4_096)
        narrow.connect(("127.0.0.1", self.port))
        return narrow

    async def publish(self, numbers: Sequence[int]) -> list[AnyEvent]:
        """Publish one event per number, in order.

        They go in batches, so that the broker answers each in time however slow its disk is.
        """
        events = [make_event(number) for number in numbers]
        for batch in batched(events, PUBLISH_BATCH_EVENTS):
            await self.publisher.publish_all(batch)
        return events

    async def finds_broker(self, status: str) -> None:
        """Return once the gateway itself finds the broker up or down: `connection` is another."""
        for _ in range(int(WAIT_SECONDS / POLL_SECONDS)):
            ready = await self.client.get("/ready")
            if ready.json()["dependencies"]["nats"]["status"] == status:
                return
            await asyncio.sleep(POLL_SECONDS)
        raise TimeoutError

    async def last_sequence(self) -> int:
        """Return the last sequence of the event stream."""
        return (await self.connection.jetstream.stream_info(EVENTS_STREAM)).state.last_seq


@asynccontextmanager
async def running_gateway(
    settings: Settings, *, send_buffer_bytes: int | None = None
) -> AsyncIterator[RunningGateway]:
    """Yield a gateway that listens on a free port."""
    with bind("127.0.0.1", 0) as listener:
        if send_buffer_bytes is not None:
            listener.setsockopt(SOL_SOCKET, SO_SNDBUF, send_buffer_bytes)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with (
            open_services(settings) as services,
            await connect(settings.nats_url, name="test") as connection,
            httpx2.AsyncClient(base_url=url) as client,
        ):
            server = create_server(settings, services)
            serving = asyncio.ensure_future(server.serve([listener]))
            publisher = Publisher(connection)
            try:
                await until(lambda: server.started)
                yield RunningGateway(url, services, connection, publisher, client, server)
            finally:
                await publisher.close()
                server.should_exit = True
                await serving
