"""Bounds what a WebSocket client may send in uvicorn's protocol, and writes ready-made frames."""

from typing import Any, Final, Protocol

import structlog
from starlette.types import Scope
from uvicorn.protocols.utils import ClientDisconnected
from websockets.frames import CloseCode, Frame

from gateway.http.protocols.frame_budget import FrameBudget
from gateway.http.protocols.handshake import HandshakeProtocol
from gateway.http.protocols.turnstile import Turnstile
from gateway.metrics import STREAM_CLOSED

LINGER_SECONDS: Final = 10.0
"""How long a client may take to read its close frame."""
DISCARD_SECONDS: Final = 1.0
"""How long what a refused client still sends is thrown away, so that it can read why."""
MAX_FRAGMENTS: Final = 64
"""How many frames one message may consist of."""

_EXTENSION: Final = "tradewind.frames"

logger = structlog.get_logger(__name__)


class FrameWriter(Protocol):
    """Writes whole frames to a client, past the application's messages."""

    @property
    def is_ready(self) -> bool:
        """Whether the client keeps up with what is written."""

    def write(self, frames: bytes) -> bool:
        """Write at once; False when the client does not keep up or is leaving."""

    async def send_frames(self, frames: bytes) -> None:
        """Write as soon as the client keeps up; OSError when it has left."""

    async def ready(self) -> None:
        """Return when the client keeps up, or has left."""


def frame_writer(scope: Scope) -> FrameWriter | None:
    """Return the writer of a connection; None when another server runs the application."""
    writer: FrameWriter | None = scope.get("extensions", {}).get(_EXTENSION, {}).get("writer")
    return writer


class StreamProtocol(HandshakeProtocol):
    """Writes ready-made frames at once, and ends connections that cost more than they should.

    Stock uvicorn frames each message for each client, which doubles the cost of a fan-out. It reads
    any number of frames that carry nothing, answers pings of a client that does not read, and waits
    with the close frame until the client reads, so one that never does keeps its socket.
    """

    turnstile: Turnstile
    """The one all clients of a server come through."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._budget = FrameBudget(self.loop.time)
        self._is_refused = False

    async def run_asgi(self) -> None:
        """Run the application with our extension in its scope, when it is this client's turn."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[_EXTENSION] = {"writer": self}
        await self.turnstile.wait()
        await super().run_asgi()

    def data_received(self, data: bytes) -> None:
        """Parse, unless there are more frames in it than this client may send now."""
        if self._is_refused:
            return
        if not self.handshake_complete or self._budget.allows(data):
            super().data_received(data)
        else:
            self._refuse(CloseCode.POLICY_VIOLATION, "too many frames")

    def handle_cont(self, event: Frame) -> None:
        """Add a fragment to its message, which may have only so many."""
        if len(self.frames) >= MAX_FRAGMENTS:
            self._refuse(CloseCode.POLICY_VIOLATION, "too many fragments")
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping of a client that reads."""
        pong = b"".join(self.conn.data_to_send())
        if self.is_ready:
            self.transport.write(pong)

    @property
    def is_ready(self) -> bool:
        """Whether the client keeps up with what is written."""
        return self.writable.is_set() and not self.close_sent and not self.transport.is_closing()

    def write(self, frames: bytes) -> bool:
        """Write whole frames, unless the client does not keep up or the connection ends."""
        if not self.is_ready:
            return False
        self.transport.write(frames)
        return True

    async def ready(self) -> None:
        """Return when the client keeps up, or has left."""
        await self.writable.wait()

    async def send_frames(self, frames: bytes) -> None:
        """Write whole frames as soon as the client keeps up; OSError when it has left."""
        await self.writable.wait()
        if not self.write(frames):
            raise ClientDisconnected

    async def send(self, message: Any) -> None:
        """Send a message of the application; a close frame gets only so long to be read."""
        if message["type"] == "websocket.close":
            self._abort_later()
        await super().send(message)

    def keepalive_timeout(self) -> None:
        """End a client that left a ping unanswered."""
        super().keepalive_timeout()
        self._abort_later()

    def _refuse(self, code: CloseCode, reason: str) -> None:
        """Fail the connection; throw away what is on its way, so that the reason arrives."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self.frames = []
        self.stop_keepalive()
        STREAM_CLOSED.labels(str(code.value)).inc()
        logger.warning("stream client refused", reason=reason, client=self.client)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.fail(code, reason)
        if not self.close_sent:
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.resume_reading()
        self.close_timer = self.loop.call_later(DISCARD_SECONDS, self.transport.abort)

    def _abort_later(self) -> None:
        self.loop.call_later(LINGER_SECONDS, self._abort)

    def _abort(self) -> None:
        if not self.disconnected:
            self.transport.abort()


def stream_protocol() -> type[StreamProtocol]:
    """Return the protocol of one server, whose clients come in one after the other."""
    return type("StreamProtocol", (StreamProtocol,), {"turnstile": Turnstile()})
