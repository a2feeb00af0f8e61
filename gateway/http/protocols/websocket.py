"""Gives uvicorn's WebSocket protocol a direct way for frames, and an end for idle readers."""

from collections.abc import Callable
from typing import Any, Final

from starlette.types import Scope

from gateway.http.protocols.handshake import HandshakeProtocol

LINGER_SECONDS: Final = 10.0
"""How long a client may take to read its close frame."""

WriteFrame = Callable[[bytes], bool]
"""Writes a whole frame; False when the client does not keep up or is leaving."""

_EXTENSION: Final = "tradewind.frames"


def frame_writer(scope: Scope) -> WriteFrame | None:
    """Return the writer of a connection; None when another server runs the application."""
    writer: WriteFrame | None = scope.get("extensions", {}).get(_EXTENSION, {}).get("write")
    return writer


class StreamProtocol(HandshakeProtocol):
    """Writes ready-made frames at once, and aborts connections whose client does not read.

    Stock uvicorn frames each message for each client, which doubles the cost of a fan-out. It also
    waits with the close frame until the client reads, so one that never does keeps its socket.
    """

    async def run_asgi(self) -> None:
        """Run the application with our extension in its scope."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[_EXTENSION] = {"write": self.write_frame}
        await super().run_asgi()

    def write_frame(self, frame: bytes) -> bool:
        """Write a whole frame, unless the client does not keep up or the connection ends."""
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True

    async def send(self, message: Any) -> None:
        """Send a message of the application; a close frame gets only so long to be read."""
        if message["type"] == "websocket.close":
            self._abort_later()
        await super().send(message)

    def keepalive_timeout(self) -> None:
        """End a client that left a ping unanswered."""
        super().keepalive_timeout()
        self._abort_later()

    def _abort_later(self) -> None:
        self.loop.call_later(LINGER_SECONDS, self._abort)

    def _abort(self) -> None:
        if not self.disconnected:
            self.transport.abort()
