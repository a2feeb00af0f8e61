"""Runs uvicorn with our signals, our logs and our order of shutting down."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, cast

import structlog
import uvicorn
from starlette.applications import Starlette

from gateway.http.protocols.connections import Connections
from gateway.http.protocols.http import HttpConnection
from tradewind.errors import ConfigurationError
from tradewind.runtime.periodic import is_set_within

PING_INTERVAL_SECONDS: Final = 15.0
PING_TIMEOUT_SECONDS: Final = 15.0
DATE_SECONDS: Final = 1.0
"""How old the date of an answer may be."""
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
        stream_protocol: type[Any],
    ) -> None:
        self._ending = asyncio.Event()
        super().__init__(
            uvicorn.Config(
                app,
                http=partial(HttpConnection, connections=connections),  # type: ignore[arg-type]
                ws=stream_protocol,
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
        self.after_startup: Callable[[], None] = lambda: None
        """What else begins once connections can be served."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals through the event loop; uvicorn's way would raise them again at the end."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stop)
        yield

    @property
    def should_exit(self) -> bool:
        """Whether to end; setting it wakes `main_loop`."""
        return self._ending.is_set()

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        if value:
            self._ending.set()
        else:
            self._ending.clear()

    async def main_loop(self) -> None:
        """Keep the date of answers right until the end; uvicorn would look ten times a second."""
        while not await self.on_tick(0):
            await is_set_within(self._ending, DATE_SECONDS)

    def _stop(self) -> None:
        """Drain at the first signal, end at once at the second."""
        self.force_exit = self.should_exit
        self.should_exit = True

    def stop(self) -> None:
        """Drain, as at a signal."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, and log the address."""
        await super().startup(sockets)
        for one in sockets or ():
            host, port = one.getsockname()[:2]
            logger.info("listening", host=host, port=port)
        self.after_startup()

    async def adopt(self, connection: socket.socket, received: bytes) -> None:
        """Serve a connection that another process accepted, and read something of, as our own."""
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: _Adopted(self._new_protocol(), received), connection
        )

    def _new_protocol(self) -> asyncio.Protocol:
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Do what comes before the connections end, then end them."""
        await self._before_shutdown()
        await super().shutdown(sockets)


class _Adopted(asyncio.Protocol):
    """Begins a connection with what was read of it before."""

    def __init__(self, protocol: asyncio.Protocol, received: bytes) -> None:
        self._protocol = protocol
        self._received = received

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the real protocol in its place, and give it what it has missed."""
        cast(asyncio.Transport, transport).set_protocol(self._protocol)
        self._protocol.connection_made(transport)
        self._protocol.data_received(self._received)


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; ConfigurationError names the address that cannot be used.

    Its connections send at once what is written, as asyncio only sees to for sockets that were made
    by it: the body of an answer would wait for the client to confirm the headers, some 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ConfigurationError(
            "TRADEWIND_GATEWAY_HOST, TRADEWIND_GATEWAY_PORT: "
            f"cannot listen on {host}:{port}: {error.strerror}"
        ) from None
    return bound
