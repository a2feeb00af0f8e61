"""The Redis client of every process. Redis is a cache here, so the client gives up quickly."""

from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError

TIMEOUT_SECONDS: Final = 1.0
ATTEMPTS_AGAIN: Final = 1
"""After Redis restarts, each connection of the pool fails once before it is opened again."""


def open_redis(url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> Redis:
    """Return a client; it connects at its first command and retries once on a stale connection.

    It does not retry a command that timed out, because the ledger can answer instead.
    """
    client: Redis = Redis.from_url(
        url,
        protocol=2,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), ATTEMPTS_AGAIN, supported_errors=(ConnectionError,)),
    )
    return client
