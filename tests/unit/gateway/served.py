"""A gateway on ports in memory that listens, and raw connections to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp

from gateway.http.protocols.connections import Connections
from gateway.http.protocols.websocket import stream_protocol
from gateway.http.server import GatewayServer, bind
from tests.hostile.flood import Answer, answers
from tests.support.waiting import wait_until
from tests.unit.gateway.support import GatewayHarness

ANSWER_SECONDS = 30


@dataclass
class RawConnection:
    """A client that sends what it likes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    read: bytearray = field(default_factory=bytearray)

    async def send(self, *pieces: bytes) -> None:
        """Send pieces, each as a segment of its own that the server reads before the next."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0.002)

    async def read_until(self, end: bytes) -> bytes:
        """Return what comes up to some bytes."""
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self.reader.readuntil(end)

    async def answers(self) -> list[Answer]:
        """Return every answer until the server ends the connection."""
        async with asyncio.timeout(ANSWER_SECONDS):
            with suppress(ConnectionResetError):
                while piece := await self.reader.read(65_536):
                    self.read += piece
        return list(answers(bytes(self.read)))


@dataclass
class ServedGateway:
    """What listens, and what holds its connections."""

    port: int
    connections: Connections
    server: GatewayServer

    @asynccontextmanager
    async def connected(self, **options: Any) -> AsyncIterator[RawConnection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, **options)
        try:
            yield RawConnection(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def ask(self, *pieces: bytes) -> list[Answer]:
        """Send pieces on a connection of their own; return every answer until it ends."""
        async with self.connected() as connection:
            with suppress(ConnectionResetError, BrokenPipeError):
                await connection.send(*pieces)
            return await connection.answers()


@asynccontextmanager
async def served(
    app: ASGIApp | None = None, *, limit: int = 64, limit_per_address: int = 64
) -> AsyncIterator[ServedGateway]:
    """Yield a gateway that listens on a free port."""

    async def nothing() -> None:
        return

    connections = Connections(limit, limit_per_address)
    server = GatewayServer(
        app or GatewayHarness().app,  # type: ignore[arg-type]
        connections,
        max_message_bytes=16_384,
        shutdown_timeout_seconds=1,
        before_shutdown=nothing,
        stream_protocol=stream_protocol(),
    )
    with bind("127.0.0.1", 0) as listener:
        serving = asyncio.ensure_future(server.serve([listener]))
        try:
            await wait_until(lambda: server.started)
            yield ServedGateway(listener.getsockname()[1], connections, server)
        finally:
            server.should_exit = True
            await serving
