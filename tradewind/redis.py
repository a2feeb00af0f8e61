"""The Redis client of every process. Redis is a cache here, so the client is quick to give up."""

from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError

TIMEOUT_SECONDS: Final = 1
ATTEMPTS_AGAIN: Final = 1
"""A server that was restarted leaves connections behind that fail once."""


def open_redis(url: str) -> Redis:
    """Return a client; it connects when first asked and tries again once on a stale connection.

    What timed out is not tried again: the ledger has every answer Redis has.
    """
    client: Redis = Redis.from_url(
        url,
        protocol=2,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), ATTEMPTS_AGAIN, supported_errors=(ConnectionError,)),
    )
    return client
