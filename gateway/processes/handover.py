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
CHANNEL_BYTES: Final = 1024 * 1024
"""How much waits for a process that has no time, before connections go to another one."""


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
        """Give the connection to the next process that takes it; 503 when none does."""
        transport.pause_reading()
        connections.leave(self)
        message = handshake.serialize() + bytes(early)
        descriptor = transport.get_extra_info("socket").fileno()
        if any(_gives(channel, descriptor, message) for channel in self.channels.in_turn()):
            STREAM_HANDED_OVER.inc()
            # This ends our copy of the connection and not the connection.
            transport.abort()
            return
        transport.write(CROWDED_ANSWER)
        transport.close()

    def cut_off(self, reason: str) -> None:
        """Do nothing more: the connection is another process's."""
        CONNECTIONS_CUT.labels(reason).inc()


def handover_protocol(channels: Channels) -> type[HandoverProtocol]:
    """Return the protocol of a server that hands its WebSockets over."""
    return type("HandoverProtocol", (HandoverProtocol,), {"channels": channels})


def _gives(channel: socket.socket, descriptor: int, message: bytes) -> bool:
    try:
        socket.send_fds(channel, [message], [descriptor])
    except OSError:  # it has ended, or has more waiting than it should
        return False
    return True
