"""Runs uvicorn with our signals, our logs and our order of shutting down."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette

from gateway.http.protocols.connections import Connections
from gateway.http.protocols.http import HttpConnection
from gateway.http.protocols.websocket import StreamProtocol
from tradewind.errors import ConfigurationError

PING_INTERVAL_SECONDS: Final = 15.0
PING_TIMEOUT_SECONDS: Final = 15.0
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

logger = structlog.get_logger(__name__)


class GatewayServer(uvicorn.Server):
    """Stops on SIGTERM and SIGINT: first the stream's clients, then the requests that run."""

    def __init__(
        self,
        app: Starlette,
        connections: Connections,
        *,
        max_message_bytes: int,
        shutdown_timeout_seconds: int,
        before_shutdown: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=partial(HttpConnection, connections=connections),  # type: ignore[arg-type]
                ws=StreamProtocol,
                ws_max_size=max_message_bytes,
                ws_ping_interval=PING_INTERVAL_SECONDS,
                ws_ping_timeout=PING_TIMEOUT_SECONDS,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=shutdown_timeout_seconds,
            )
        )
        self._before_shutdown = before_shutdown

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals through the event loop; uvicorn's way would raise them again at the end."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        """Drain at the first signal, end at once at the second."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, and log the address."""
        await super().startup(sockets)
        for one in sockets or ():
            host, port = one.getsockname()[:2]
            logger.info("listening", host=host, port=port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Do what comes before the connections end, then end them."""
        await self._before_shutdown()
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
