"""Serves what monitoring asks of a process, `/metrics` and `/ready`, beside what the process does.

Threads answer here, so that a process whose event loop hangs still shows what it measured, and
says that it is not ready.
"""

import asyncio
import ipaddress
import json
import re
import socketserver
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6, SHUT_RDWR, create_connection
from typing import Any, Final, NamedTuple

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tradewind.errors import ConfigurationError
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.heartbeat import loop_reports

LOOP_TIMEOUT_SECONDS: Final = 1.9
"""How long the event loop may take to say whether the process is ready."""
MAX_CONNECTIONS: Final = 16
CONNECTION_SECONDS: Final = 10.0
"""How long a connection may last, whatever it does."""
WAKE_SECONDS: Final = 1.0
METRICS_PATH: Final = "/metrics"
READY_PATH: Final = "/ready"

logger = structlog.get_logger(__name__)

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")
_PORT: Final = re.compile(r":[0-9]{1,5}$")


class Readiness(NamedTuple):
    """Whether a process can do its work, and what says so, as a document."""

    is_ready: bool
    document: Mapping[str, Any]


type AskReadiness = Callable[[], Readiness]
"""It is called from a thread, and answers soon whatever happens."""


def asked_of_loop(ask: Callable[[], Awaitable[Readiness]]) -> AskReadiness:
    """Return how threads ask the running event loop; one that does not answer is not ready."""
    loop = asyncio.get_running_loop()

    async def answer() -> Readiness:
        return await ask()

    def asked() -> Readiness:
        answering = asyncio.run_coroutine_threadsafe(answer(), loop)
        try:
            return answering.result(LOOP_TIMEOUT_SECONDS)
        except TimeoutError:
            answering.cancel()
            return Readiness(False, {"status": "not_ready", "error": "EVENT_LOOP_HANGS"})

    return asked


def worker_readiness(connection: NatsConnection) -> AskReadiness:
    """Return how to ask a worker: it works while the broker is there and no loop hangs."""

    async def ask() -> Readiness:
        loops = loop_reports()
        is_ready = connection.is_connected and not any(loop.is_stalled for loop in loops)
        document = {
            "status": "ready" if is_ready else "not_ready",
            "dependencies": {"nats": {"status": "up" if connection.is_connected else "down"}},
            "loops": [loop.model_dump() for loop in loops],
        }
        return Readiness(is_ready, document)

    return asked_of_loop(ask)


@contextmanager
def operations_port(port: int, host: str, ask: AskReadiness) -> Iterator[int]:
    """Serve while a block runs; yield the port, which 0 lets the system choose."""
    try:
        server = _Server(port, host, ask)
    except OSError as error:
        raise ConfigurationError(
            "TRADEWIND_METRICS_HOST, TRADEWIND_METRICS_PORT: "
            f"cannot listen on {host}:{port}: {error.strerror or error}"
        ) from None
    serving = threading.Thread(target=server.serve, name="operations", daemon=True)
    serving.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.end()
        serving.join(WAKE_SECONDS)
        server.server_close()


class _Server(ThreadingHTTPServer):
    """Takes few connections at a time, and none for long."""

    daemon_threads = True
    # Monitoring that is cut off asks again; a stop must not wait for it.
    block_on_close = False

    def __init__(self, port: int, host: str, ask: AskReadiness) -> None:
        self.address_family = AF_INET6 if ":" in host else AF_INET
        self.ask = ask
        self._is_ended = False
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind only: the base class would ask a name server what this host is called."""
        socketserver.TCPServer.server_bind(self)

    def serve(self) -> None:
        """Answer until `end`. The base class would look four times a second whether to end."""
        while not self._is_ended:
            self.handle_request()

    def end(self) -> None:
        """Have `serve` end: a connection wakes who waits for one."""
        self._is_ended = True
        host, port = str(self.server_address[0]), int(self.server_address[1])
        with suppress(OSError), create_connection((host, port), WAKE_SECONDS):
            pass

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Answer nobody once it ends."""
        return not self._is_ended

    def process_request(self, request: Any, client_address: Any) -> None:
        """Refuse a connection above the limit by closing it."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        end = threading.Timer(CONNECTION_SECONDS, _cut, (request,))
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave; the base class prints a traceback."""


def _cut(connection: Any) -> None:
    try:
        connection.shutdown(SHUT_RDWR)
    except OSError:
        # It has ended meanwhile.
        return


class _Handler(BaseHTTPRequestHandler):
    """Answers one request; HTTP/1.0, so the connection ends with it."""

    server: _Server
    timeout = CONNECTION_SECONDS

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not is_ours(self.headers.get_all("host") or []):
            self._answer(421, "text/plain; charset=utf-8", b"this host is served elsewhere\n")
        elif path == METRICS_PATH:
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
        elif path == READY_PATH:
            self._answer_ready()
        else:
            self._answer(404, "text/plain; charset=utf-8", b"/metrics or /ready\n")

    def _answer_ready(self) -> None:
        try:
            ready = self.server.ask()
        except Exception:  # monitoring must hear that something is wrong, whatever it is
            logger.exception("readiness cannot be told")
            ready = Readiness(False, {"status": "not_ready", "error": "INTERNAL_ERROR"})
        body = json.dumps(ready.document).encode()
        self._answer(200 if ready.is_ready else 503, "application/json", body)

    def _answer(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: monitoring asks every few seconds."""


def is_ours(hosts: list[str]) -> bool:
    """Return whether a request means this machine: by an address, `localhost` or a plain name.

    A web page can have its own domain lead here, and read what it is answered, but neither an
    address nor a name without a dot can be its domain.
    """
    if not hosts:
        return True
    if len(hosts) > 1:
        return False
    name = _PORT.sub("", hosts[0])
    if _PLAIN_NAME.fullmatch(name):
        return True
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
