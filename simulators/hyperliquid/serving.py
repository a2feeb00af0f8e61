"""Serves an exchange with uvicorn, which also lets it cut connections."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final

import uvicorn

from simulators.hyperliquid.app import Exchange, hyperliquid_app

LOOPBACK: Final = "127.0.0.1"
START_SECONDS: Final = 60.0


def server_of(exchange: Exchange, port: int, host: str = LOOPBACK) -> uvicorn.Server:
    """Return a server of the exchange; port 0 takes a free one."""
    server = uvicorn.Server(
        uvicorn.Config(
            hyperliquid_app(exchange),
            host=host,
            port=port,
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )

    def abort(client: tuple[str, int] | None) -> None:
        connections: set[Any] = server.server_state.connections
        for connection in list(connections):
            if client is not None and tuple(connection.client or ()) == client:
                connection.transport.abort()

    exchange.abort = abort
    return server


@contextlib.contextmanager
def served(exchange: Exchange, port: int = 0) -> Iterator[str]:
    """Serve an exchange in a thread, and yield its address."""
    server = server_of(exchange, port)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{_port_of(server, thread)}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


def _port_of(server: uvicorn.Server, thread: threading.Thread) -> int:
    """Return the port once the server listens."""
    waited = threading.Event()
    for _ in range(int(START_SECONDS / 0.01)):
        if server.started:
            port: int = server.servers[0].sockets[0].getsockname()[1]
            return port
        if not thread.is_alive():
            break
        waited.wait(0.01)
    raise RuntimeError("the simulated exchange did not start")
