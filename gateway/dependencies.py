"""Checks the servers the gateway depends on; readiness asks each of them."""

from collections.abc import Iterable
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.errors import DependencyDown
from gateway.ports import EventStore, LagByDurable
from tradewind.contracts.role_model import QueueGroup
from tradewind.contracts.roles import queue_groups
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.runtime.broker_stats import Lag, group_lags
from tradewind.runtime.connection import NatsConnection


class NatsDependency:
    """The broker, and the lag of the durable consumers it keeps."""

    name: Final = "nats"

    def __init__(self, connection: NatsConnection, store: EventStore) -> None:
        self._connection = connection
        self._store = store

    async def check(self) -> None:
        """Ask JetStream for the event stream."""
        self._require_connection()
        await self._store.bounds()

    async def lags(self) -> LagByDurable:
        """Return the lag of every queue group, in the order they are declared."""
        self._require_connection()
        groups = list(queue_groups())
        lags: dict[str, Lag | None] = dict.fromkeys(group.durable for group in groups)
        for stream, of_stream in _by_stream(groups).items():
            found = await group_lags(self._connection, of_stream, stream)
            lags |= zip((group.durable for group in of_stream), found, strict=True)
        return lags

    def _require_connection(self) -> None:
        if not self._connection.is_connected:
            raise DependencyDown("nats")


def _by_stream(groups: Iterable[QueueGroup]) -> dict[str, list[QueueGroup]]:
    """Return the groups by the stream that says how far they are behind."""
    by_stream: dict[str, list[QueueGroup]] = {}
    for group in groups:
        by_stream.setdefault(group.streams[0], []).append(group)
    return by_stream


class PostgresDependency:
    """The ledger's database."""

    name: Final = "postgres"

    def __init__(self, ledger: LedgerReader, journal: IngressJournal) -> None:
        self._ledger = ledger
        self._journal = journal

    async def check(self) -> None:
        """Try what requests need: the ingress journal can be written and the ledger be read."""
        await self._journal.try_out()
        await self._ledger.position()


class RedisDependency:
    """The cache of read models."""

    name: Final = "redis"

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def check(self) -> None:
        """Ping the server."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise DependencyDown(str(error)) from error
