"""A TCP proxy that misbehaves as networks do; its faults are set while it runs."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from tests.chaos.wire import NoWatcher, Watcher

LOOPBACK: Final = "127.0.0.1"
CHUNK_BYTES: Final = 65_536
LINGER_NOT: Final = struct.pack("ii", 1, 0)
ANSWER_SECONDS: Final = 1.0
"""How long a cut waits for the answer that it withholds from the client."""

type Side = Literal["client", "server"]
type Moment = Literal["before", "after"]


@dataclass
class Trap:
    """Cuts one connection at a moment its client's bytes show: before they are handed on, or after
    the server answered them and before the client hears of it.
    """

    moment: Moment
    on_sprung: Callable[[], None] = lambda: None
    sprung: asyncio.Event = field(default_factory=asyncio.Event)


class _Connection:
    """The two streams between a client and the server."""

    def __init__(self, proxy: "TcpProxy", client: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self.watcher = proxy.make_watcher()
        self.writers: dict[Side, asyncio.StreamWriter] = {"client": client}
        self.mute: set[Side] = set()
        """The sides that receive no data any more."""
        self.answered = asyncio.Event()

    async def run(self, reader: asyncio.StreamReader) -> None:
        try:
            upstream, self.writers["server"] = await asyncio.open_connection(
                LOOPBACK, self._proxy.upstream_port
            )
            async with asyncio.TaskGroup() as flows:
                flows.create_task(self._flow(reader, "server"))
                flows.create_task(self._flow(upstream, "client"))
        except* OSError:
            pass
        finally:
            self.abort()

    async def _flow(self, reader: asyncio.StreamReader, towards: Side) -> None:
        writer = self.writers[towards]
        while data := await reader.read(CHUNK_BYTES):
            if self._proxy.delay_seconds:
                await asyncio.sleep(self._proxy.delay_seconds)
            await self._proxy.flows.wait()
            if towards == "server" and await self._is_trapped(data):
                return
            if towards == "client":
                self.answered.set()
                self._proxy.answered += self.watcher.is_answered(data)
            if towards not in self.mute:
                writer.write(data)
                await writer.drain()
        self.half_close(towards)

    async def _is_trapped(self, data: bytes) -> bool:
        if not self.watcher.sees_it(data):
            return False
        trap = self._proxy.trap
        if trap is None:
            return False
        self._proxy.trap = None
        if trap.moment == "after":
            self.mute.add("client")
            self.answered.clear()
            self.writers["server"].write(data)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.answered.wait(), ANSWER_SECONDS)
        trap.on_sprung()
        trap.sprung.set()
        self.abort()
        return True

    def half_close(self, towards: Side) -> None:
        """Half-close the stream towards one side, and keep the other stream open."""
        self.mute.add(towards)
        writer = self.writers.get(towards)
        if writer and writer.can_write_eof() and not writer.is_closing():
            writer.write_eof()

    def abort(self) -> None:
        """Reset both sides."""
        for writer in self.writers.values():
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close without lingering, so that the other end sees a reset and not an end of stream."""
    peer = writer.get_extra_info("socket")
    if not writer.is_closing():
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    writer.transport.abort()


class TcpProxy:
    """One listener in front of one server of loopback.

    `trap` is sprung by the next moment its watcher sees, `answered` counts those the server said
    to have happened.
    """

    def __init__(self, upstream_port: int, make_watcher: Callable[[], Watcher] = NoWatcher) -> None:
        self.upstream_port = upstream_port
        self.make_watcher = make_watcher
        self.port = 0
        self.delay_seconds = 0.0
        self.flows = asyncio.Event()
        """While it is cleared all data is held back, as by a network that loses packets."""
        self.flows.set()
        self.is_closed = False
        """While it is true, every new connection is reset at once."""
        self.trap: Trap | None = None
        self.answered = 0
        self._connections: set[_Connection] = set()

    def cut(self) -> int:
        """Reset every connection; return how many there were."""
        connections = list(self._connections)
        for connection in connections:
            connection.abort()
        return len(connections)

    def half_close(self, towards: Side) -> int:
        """Half-close every connection; return how many there were."""
        for connection in self._connections:
            connection.half_close(towards)
        return len(self._connections)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_closed:
            _reset(writer)
            return
        connection = _Connection(self, writer)
        self._connections.add(connection)
        try:
            await connection.run(reader)
        except asyncio.CancelledError:
            connection.abort()
        finally:
            self._connections.discard(connection)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["TcpProxy"]:
        """Listen on a free port until the block ends."""
        server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.flows.set()
            self.cut()
            await server.wait_closed()
