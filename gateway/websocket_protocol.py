"""uvicorn's WebSocket protocol, with an end for clients that do not read."""

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LINGER_SECONDS: Final = 10.0


class LingeringWebSocketProtocol(WebSocketsSansIOProtocol):
    """Sends the close frame behind what is buffered, and aborts the connection some time later.

    Stock uvicorn waits with the close frame until the client reads, so a client that never does
    would keep its socket for ever.
    """

    async def send(self, message: Any) -> None:
        """Send a message of the application."""
        if message["type"] == "websocket.close":
            self.writable.set()
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
