"""Takes over a connection whose client wants a WebSocket."""

import asyncio
import logging
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import CloseCode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from gateway.http.limits import HEAD_TIMEOUT_SECONDS, MAX_WAITING_BYTES
from gateway.http.problems import Problem, ProblemCode
from gateway.http.protocols.bodies import Body
from gateway.http.protocols.connections import Connections
from gateway.http.protocols.head import Head
from gateway.metrics import CONNECTIONS_CUT

_ANY_REQUEST: Final = b"GET / HTTP/1.1\r\n\r\n"
_SWITCHING_PROTOCOLS: Final = 101
_SILENT: Final = logging.getLogger("gateway.handshake")

Handshake = Request


class HandshakeProtocol(WebSocketsSansIOProtocol):
    """Begins with a handshake that was read and checked already.

    Stock uvicorn writes the handshake down again for the parser of `websockets`, which says nothing
    when it is longer than that likes. And it drops frames that arrive before the handshake was
    answered.
    """

    def take_over(
        self,
        transport: asyncio.Transport,
        handshake: Handshake,
        early: bytearray,
        connections: Connections,
    ) -> None:
        """Serve the connection from here on; `early` is what came behind the handshake."""
        self._places = connections
        self._early = early
        self._patience = self.loop.call_later(HEAD_TIMEOUT_SECONDS, self._give_up)
        self.connection_made(transport)
        transport.set_protocol(self)
        self.conn.receive_data(_ANY_REQUEST)
        self.conn.events_received()
        self.handle_connect(handshake)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place to another connection."""
        self._patience.cancel()
        self._places.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Keep what comes before the handshake is answered."""
        if self.handshake_complete:
            super().data_received(data)
            return
        self._early += data
        if len(self._early) > MAX_WAITING_BYTES:
            self.cut_off("too_early")

    async def send(self, message: Any) -> None:
        """Send a message of the application; once it has accepted, the first frames are read.

        A refusal completes a handshake as well: stock uvicorn logs each as a defect.
        """
        await super().send(message)
        if message["type"] == "websocket.accept" and self.handshake_complete:
            self._patience.cancel()
            early, self._early = bytes(self._early), bytearray()
            if early:
                self.data_received(early)
        elif self.close_sent:
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """Give a message to the application; end a client whose text is none.

        Stock uvicorn takes that for a defect of its own: it logs where it happened, at a line of
        the client's choice, and fails when the connection is ending already.
        """
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            if not self.close_sent:
                self.conn.fail(CloseCode.INVALID_DATA, "text is UTF-8")
                self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def cut_off(self, reason: str) -> None:
        """End at once."""
        CONNECTIONS_CUT.labels(reason).inc()
        self.transport.abort()

    def _give_up(self) -> None:
        if not self.handshake_complete:
            self.cut_off("no_handshake")


def wants_websocket(head: Head) -> bool:
    """Return whether a request is a handshake. HTTP/1.0 knows none (RFC 9110, 7.8)."""
    return (
        head.version == "1.1"
        and b"upgrade" in head.tokens(b"connection")
        and b"websocket" in head.tokens(b"upgrade")
    )


def check_handshake(head: Head, body: Body) -> Handshake:
    """Return a handshake that can be accepted; a Problem says what is wrong with it."""
    headers = Headers([(n.decode("ascii"), v.decode("latin-1")) for n, v in head.headers])
    handshake = Request(_target_of(head), headers, head.method)
    if not body.is_complete:
        raise _invalid("a WebSocket handshake has no body")
    answer = ServerProtocol(logger=_SILENT).accept(handshake)
    if answer.status_code != _SWITCHING_PROTOCOLS:
        raise _invalid(
            "a WebSocket handshake is a GET with one Upgrade: websocket, one Sec-WebSocket-Key of "
            "16 bytes in base 64, and Sec-WebSocket-Version: 13"
        )
    return handshake


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _target_of(head: Head) -> str:
    query = b"?" + head.query if head.query else b""
    return (head.path + query).decode("ascii")


def _invalid(detail: str) -> Problem:
    return Problem(ProblemCode.HANDSHAKE_INVALID, detail, headers={"Sec-WebSocket-Version": "13"})
