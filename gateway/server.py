"""uvicorn as a part of our process: our signals, our logs, our order of shutting down."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette

from gateway.http_protocol import BoundedHttpProtocol
from gateway.stream.messages import MAX_MESSAGE_BYTES
from gateway.websocket_protocol import StreamProtocol
from tradewind.errors import ConfigurationError
from tradewind.settings import ProcessSettings

PING_INTERVAL_SECONDS: Final = 15.0
PING_TIMEOUT_SECONDS: Final = 15.0
KEEP_ALIVE_SECONDS: Final = 30
CLOSE_FRAMES_SECONDS: Final = 0.2
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

logger = structlog.get_logger(__name__)


class GatewayServer(uvicorn.Server):
    """Stops on SIGTERM and SIGINT: tells the stream's clients, ends what runs, returns."""

    def __init__(self, app: Starlette, settings: ProcessSettings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedHttpProtocol,
                ws=StreamProtocol,
                ws_max_size=MAX_MESSAGE_BYTES,
                ws_ping_interval=PING_INTERVAL_SECONDS,
                ws_ping_timeout=PING_TIMEOUT_SECONDS,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
            )
        )
        self._hub = app.state.gateway.hub

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals through the event loop; uvicorn's way would raise them again at the end."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        """The first signal drains, the second ends at once."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, and say where."""
        await super().startup(sockets)
        for one in sockets or ():
            host, port = one.getsockname()[:2]
            logger.info("listening", host=host, port=port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let stream clients know where to resume before their connections end."""
        self._hub.close()
        if self._hub.client_count:
            await asyncio.sleep(CLOSE_FRAMES_SECONDS)
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; ConfigurationError names the address that cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            "TRADEWIND_GATEWAY_HOST, TRADEWIND_GATEWAY_PORT: "
            f"cannot listen on {host}:{port}: {error.strerror}"
        ) from None
    return bound
