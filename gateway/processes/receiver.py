"""Takes connections from the process that listens."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import structlog

from gateway.processes.handover import MAX_MESSAGE_BYTES, READY

Adopt = Callable[[socket.socket, bytes], Awaitable[None]]
"""Serves a connection, of which some bytes were read already."""

logger = structlog.get_logger(__name__)


class Receiver:
    """Receives one connection in each iteration of the event loop, until the other side ends."""

    def __init__(self, channel: socket.socket, adopt: Adopt, ended: Callable[[], None]) -> None:
        self._channel = channel
        self._adopt = adopt
        self._ended = ended
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Say that this process is ready, and listen to what comes."""
        self._channel.setblocking(False)
        self._channel.send(READY)
        asyncio.get_running_loop().add_reader(self._channel.fileno(), self._receive)

    def stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._channel.fileno())

    def _receive(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._channel, MAX_MESSAGE_BYTES, 1)
        except BlockingIOError:
            return
        if not descriptors:
            self.stop()
            self._ended()
            return
        connection = socket.socket(fileno=descriptors[0])
        task = asyncio.create_task(self._serve(connection, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: socket.socket, message: bytes) -> None:
        try:
            await self._adopt(connection, message)
        except OSError as error:  # the client has left meanwhile
            logger.info("connection lost while it was handed over", error=str(error))
            connection.close()
