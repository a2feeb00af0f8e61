"""The Redis client of every process. Redis is a cache here, so the client gives up quickly."""

from typing import Any, Final

from redis.asyncio import Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError

from tradewind.breaker import Breaker, ServerSilent

TIMEOUT_SECONDS: Final = 1.0
ATTEMPTS_AGAIN: Final = 1
"""After Redis restarts, each connection of the pool fails once before it is opened again."""


class CutConnection(Connection):
    """A connection that was cut is one, also where uvloop finds its transport closed by then."""

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        try:
            await super().send_packed_command(command, check_health)
        except RuntimeError as error:
            raise ConnectionError(str(error)) from error


class _ImpatientRedis(Redis):
    """A client that soon waits no longer for a server that is silent."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._breaker = Breaker("Redis")

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        try:
            self._breaker.check()
        except ServerSilent as error:
            raise TimeoutError(str(error)) from None
        try:
            answer = await super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]
        except TimeoutError:
            self._breaker.was_silent()
            raise
        self._breaker.answered()
        return answer


def open_redis(url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Redis:
    """Return a client; it connects at its first command and retries once on a stale connection.

    It does not retry a command that timed out, because the ledger can answer instead.
    """
    return _open(Redis, url, timeout_seconds)


def open_impatient_redis(url: str) -> Redis:
    """Return such a client for requests that somebody waits for."""
    return _open(_ImpatientRedis, url, TIMEOUT_SECONDS)


def _open(kind: type[Redis], url: str, timeout_seconds: float) -> Redis:
    client: Redis = kind.from_url(
        url,
        protocol=2,
        connection_class=CutConnection,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), ATTEMPTS_AGAIN, supported_errors=(ConnectionError,)),
    )
    return client
