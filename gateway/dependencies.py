"""Checks the servers the gateway depends on; readiness asks each of them."""

import asyncio
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.errors import DependencyDown
from gateway.ports import EventStore, LagByDurable
from tradewind.contracts.roles import queue_groups
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.runtime.broker_stats import group_lag
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
        lags = await asyncio.gather(
            *(
                group_lag(self._connection, group.name, group.order, group.streams[0])
                for group in groups
            )
        )
        return dict(zip((group.durable for group in groups), lags, strict=True))

    def _require_connection(self) -> None:
        if not self._connection.is_connected:
            raise DependencyDown("nats")


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
