"""The Redis client of everything that treats Redis as a cache: quick to give up."""

from typing import Final

from redis.asyncio import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_SECONDS: Final = 1


def open_redis(url: str) -> Redis:
    """Return a client; it connects when first asked and tries again once on a stale connection."""
    client: Redis = Redis.from_url(
        url,
        protocol=2,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
    return client
