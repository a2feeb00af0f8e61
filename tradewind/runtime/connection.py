"""The connection to NATS. It reconnects without end, and logs each loss once."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from tradewind.contracts.streams import inbox_prefix
from tradewind.contracts.system.dead_letters import redact
from tradewind.errors import TransientError
from tradewind.runtime.nats_client import NatsClient
from tradewind.runtime.outage import Outage

CONNECT_TIMEOUT_SECONDS: Final = 2
PING_INTERVAL_SECONDS: Final = 5
MAX_OUTSTANDING_PINGS: Final = 2
MIN_RECONNECT_WAIT_SECONDS: Final = 0.1
MAX_RECONNECT_WAIT_SECONDS: Final = 2.0
START_DEADLINE_SECONDS: Final = 30.0
API_TIMEOUT_SECONDS: Final = 5.0
DRAIN_TIMEOUT_SECONDS: Final = 5
MAX_PENDING_BYTES: Final = 8 * 1024 * 1024
NOT_YET: Final = frozenset({10_004, 10_005, 10_007, 10_008, 10_009, 10_118, 10_119})
"""Error codes of a cluster that lacks brokers or a leader, or still loads what it keeps."""
AUTHORIZATION: Final = "authorization violation"
PERMISSIONS_VIOLATION: Final = "permissions violation"

logger = structlog.get_logger(__name__)


class BrokerUnreachable(TransientError):
    """No NATS server answers. Check TRADEWIND_NATS_URL and that the server runs."""

    code = "BROKER_UNREACHABLE"


class ClusterNotReady(TransientError):
    """The brokers cannot do this before more of them are there or have a leader. Ask again."""

    code = "CLUSTER_NOT_READY"


def end_process() -> None:
    """End the process with exit code 1 through the running event loop."""
    asyncio.get_running_loop().call_soon(sys.exit, 1)


class NatsConnection:
    """A NATS client with the callbacks that all our processes need. Use `connect` to make one.

    The hooks run when the connection is lost and when it is restored. `on_closed` runs when the
    client closed without `close` having been called; by default it ends the process with exit code
    1, because nats-py does not reconnect a closed client.
    """

    def __init__(self, on_closed: Callable[[], None] = end_process) -> None:
        self.client = NatsClient()
        self.disconnect_hooks: list[Callable[[], None]] = []
        self.reconnect_hooks: list[Callable[[], Awaitable[None]]] = []
        self._last_error = ""
        self.refused = ""
        """The last error for which this login lacked the permission."""
        self._on_closed = on_closed
        self._closing = False
        self._outage = Outage(
            "nats",
            min_seconds=MIN_RECONNECT_WAIT_SECONDS,
            max_seconds=MAX_RECONNECT_WAIT_SECONDS,
        )

    @property
    def jetstream(self) -> JetStreamContext:
        return self._jetstream

    @property
    def is_connected(self) -> bool:
        return self.client.is_connected

    async def flush(self) -> None:
        """Return once the server has taken all that was sent, subscriptions among it.

        The client's PING overtakes what still waits to be written: of 300 subscriptions 28 were
        not there when it was answered. What was sent before the first PING is before the second.
        """
        await self.client.flush()
        await self.client.flush()

    async def open(self, nats_url: str, *, name: str, deadline_seconds: float) -> None:
        """Connect, retrying with backoff; BrokerUnreachable after `deadline_seconds`.

        nats-py retries a refused login as well and reports it only to `_error`, which keeps it.
        """
        options: dict[str, Any] = _servers_and_login(nats_url) | {
            "name": name,
            "max_reconnect_attempts": -1,
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "reconnect_time_wait": MIN_RECONNECT_WAIT_SECONDS,
            "ping_interval": PING_INTERVAL_SECONDS,
            "max_outstanding_pings": MAX_OUTSTANDING_PINGS,
            "drain_timeout": DRAIN_TIMEOUT_SECONDS,
            "pending_size": MAX_PENDING_BYTES,
            "error_cb": self._error,
            "disconnected_cb": self._disconnected,
            "reconnected_cb": self._reconnected,
            "closed_cb": self._closed,
        }
        try:
            async with asyncio.timeout(deadline_seconds):
                await self.client.connect(**options)
        except (TimeoutError, NatsError, OSError) as error:
            self._closing = True
            await self.client.close()
            why = "refuses the login" if AUTHORIZATION in self._last_error else "does not answer"
            raise BrokerUnreachable(f"NATS at {redact(nats_url)} {why}") from error
        self._outage.succeeded()
        self._jetstream = self.client.jetstream(timeout=API_TIMEOUT_SECONDS)

    async def close(self) -> None:
        """Flush what is buffered, then close; a second call does nothing."""
        if self._closing:
            return
        self._closing = True
        if self.client.is_connected:
            await self.client.drain()
        else:
            await self.client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _error(self, error: Exception) -> None:
        """Keep the last error. nats-py reports failed attempts to connect here, too."""
        self._last_error = str(error).lower()
        if PERMISSIONS_VIOLATION in self._last_error:
            self.refused = str(error)
        if self.client.is_connected:
            logger.error("nats error", error=str(error) or type(error).__name__)
            return
        self.client.options["reconnect_time_wait"] = self._outage.failed(error)

    async def _disconnected(self) -> None:
        for hook in tuple(self.disconnect_hooks):
            hook()
        if not self._closing:
            self._outage.failed(ConnectionError("disconnected"))

    async def _reconnected(self) -> None:
        self._outage.succeeded()
        self.client.options["reconnect_time_wait"] = MIN_RECONNECT_WAIT_SECONDS
        for hook in tuple(self.reconnect_hooks):
            try:
                await hook()
            except NatsError as error:
                logger.warning("lost again while coming back", error=str(error))

    async def _closed(self) -> None:
        if not self._closing:
            logger.critical("nats client closed for good, ending the process")
            self._on_closed()


def _servers_and_login(nats_url: str) -> dict[str, Any]:
    """Return the options of nats-py that say where to connect, and as whom.

    A cluster tells its clients about brokers that `nats_url` does not list. nats-py logs in there
    only when it is given the login apart from the addresses.
    """
    parts = [urlsplit(one) for one in nats_url.split(",")]
    bare = [one._replace(netloc=one.netloc.rpartition("@")[2]).geturl() for one in parts]
    user, password = parts[0].username, parts[0].password
    login: dict[str, str] = {}
    if user is not None and password is not None:
        login = {"user": unquote(user), "password": unquote(password)}
    elif user is not None:
        login = {"token": unquote(user)}
    # The permissions of a user let it subscribe only to its own inbox.
    return {"servers": bare, "inbox_prefix": inbox_prefix(user)} | login


async def connect(
    nats_url: str,
    *,
    name: str,
    deadline_seconds: float = START_DEADLINE_SECONDS,
    on_closed: Callable[[], None] = end_process,
) -> NatsConnection:
    """Return a connected NatsConnection.

    `nats_url` may list several servers, separated by commas; the login of the first is used at all
    of them. Raises BrokerUnreachable when none answers within `deadline_seconds`.
    """
    connection = NatsConnection(on_closed)
    await connection.open(nats_url, name=name, deadline_seconds=deadline_seconds)
    return connection
