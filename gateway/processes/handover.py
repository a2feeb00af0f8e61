"""Hands connections that want a WebSocket to the processes that serve them."""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any, Final, Protocol

from gateway.http.protocols.connections import Connections
from gateway.http.protocols.crowded import CROWDED_ANSWER
from gateway.http.protocols.handshake import Handshake
from gateway.metrics import CONNECTIONS_CUT, STREAM_HANDED_OVER

MAX_MESSAGE_BYTES: Final = 128 * 1024
"""A head, and what may have come behind it before the handshake was answered."""
READY: Final = b"+"
"""What a process says once, when connections may come."""
CHANNEL_BYTES: Final = 1024 * 1024
"""How much waits for a process that has no time, before connections go to another one."""
FLUSH_SECONDS: Final = 10.0
FLUSH_CHECK_SECONDS: Final = 0.01
"""How long a client may take to read what it was answered before its handshake."""


def open_channel() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a channel for connections, which keeps messages apart."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, CHANNEL_BYTES)
    return ends


class Channels(Protocol):
    """The channels to the processes that serve streams, the one whose turn it is first."""

    def in_turn(self) -> Iterable[socket.socket]: ...


class HandoverProtocol:
    """Takes over a connection whose handshake was read, and gives it away unanswered.

    What was read of it goes along. The other process reads it as if it had just come, so whatever
    is checked of a handshake is checked there, and the client does not notice.
    """

    channels: Channels
    """Those of the server whose connections these are."""

    def __init__(self, **_: Any) -> None:
        """Take what uvicorn makes protocols with; nothing of it is needed here."""

    def take_over(
        self,
        transport: asyncio.Transport,
        handshake: Handshake,
        early: bytearray,
        connections: Connections,
    ) -> None:
        """Give the connection away once what was answered before on it has left."""
        transport.pause_reading()
        self._transport = transport
        self._connections = connections
        self._message = handshake.serialize() + bytes(early)
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + FLUSH_SECONDS
        self._give_when_flushed()

    def _give_when_flushed(self) -> None:
        transport = self._transport
        is_late = self._loop.time() > self._deadline
        if transport.get_write_buffer_size() and not transport.is_closing() and not is_late:
            self._loop.call_later(FLUSH_CHECK_SECONDS, self._give_when_flushed)
            return
        self._connections.leave(self)
        if is_late:
            self.cut_off("not_reading")
        elif not transport.is_closing():
            self._give()

    def _give(self) -> None:
        """Give the connection to the next process that takes it; 503 when none does."""
        transport = self._transport
        descriptor = transport.get_extra_info("socket").fileno()
        if any(_gives(channel, descriptor, self._message) for channel in self.channels.in_turn()):
            STREAM_HANDED_OVER.inc()
            # This ends our copy of the connection and not the connection.
            transport.abort()
            return
        transport.write(CROWDED_ANSWER)
        transport.close()

    def cut_off(self, reason: str) -> None:
        """End at once."""
        CONNECTIONS_CUT.labels(reason).inc()
        self._transport.abort()


def handover_protocol(channels: Channels) -> type[HandoverProtocol]:
    """Return the protocol of a server that hands its WebSockets over."""
    return type("HandoverProtocol", (HandoverProtocol,), {"channels": channels})


def _gives(channel: socket.socket, descriptor: int, message: bytes) -> bool:
    try:
        socket.send_fds(channel, [message], [descriptor])
    except OSError:  # it has ended, or has more waiting than it should
        return False
    return True
