"""Opens what the gateway stands on, and closes it again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.ports import ConsumerLag
from gateway.recent import RecentSubmissions
from gateway.state import Gateway
from gateway.stream.hub import StreamHub
from gateway.stream.store import JetStreamStore
from gateway.stream.tail import StreamTail
from gateway.stream.topic_patterns import InvalidPattern, TopicPattern, parse_allowed
from gateway.submission import Submitter
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.roles import Role, queue_groups
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.errors import ConfigurationError, TransientError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.postgres import open_pool
from tradewind.readmodels.reader import ReadModelReader
from tradewind.redis import open_redis
from tradewind.runtime.connection import NatsConnection, connect
from tradewind.runtime.publisher import Publisher
from tradewind.runtime.streams import declare_streams
from tradewind.settings import Settings
from tradewind.trading.tokens import load_tokens

PUBLISH_TIMEOUT_SECONDS: Final = 1.0
MAX_DATABASE_CONNECTIONS: Final = 8


class DependencyDown(TransientError):
    """A dependency does not answer."""

    code = "DOWN"


class ConnectedPublisher:
    """Refuses at once while the broker is away, so that nothing waits in a buffer to be sent."""

    def __init__(self, connection: NatsConnection, publisher: Publisher) -> None:
        self._connection = connection
        self._publisher = publisher

    async def publish(self, event: AnyEvent) -> None:
        """Publish one event; DependencyDown when it provably was not sent."""
        if not self._connection.is_connected:
            raise DependencyDown("nats")
        await self._publisher.publish(event)


class NatsDependency:
    """The broker, and the lag of the durable consumers it keeps."""

    name: Final = "nats"

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection

    async def check(self) -> None:
        """Ask JetStream for the event stream."""
        if not self._connection.is_connected:
            raise DependencyDown("nats")
        await JetStreamStore(self._connection).bounds()

    async def lags(self) -> Sequence[ConsumerLag]:
        """Return the lag of every queue group, in the order they are declared."""
        if not self._connection.is_connected:
            raise DependencyDown("nats")
        return await asyncio.gather(*(self._lag(group.durable) for group in queue_groups()))

    async def _lag(self, durable: str) -> ConsumerLag:
        try:
            info = await self._connection.jetstream.consumer_info(EVENTS_STREAM, durable)
        except NotFoundError:
            return ConsumerLag(durable, None, None)
        except (NatsError, OSError, TimeoutError) as error:
            raise DependencyDown(str(error)) from error
        return ConsumerLag(durable, info.num_pending, info.num_ack_pending)


class PostgresDependency:
    """The ledger's database."""

    name: Final = "postgres"

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger

    async def check(self) -> None:
        """Read the writer's position, which needs the migrated tables."""
        await self._ledger.position()


class RedisDependency:
    """The cache of read models."""

    name: Final = "redis"

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def check(self) -> None:
        """Ping."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise DependencyDown(str(error)) from error


@asynccontextmanager
async def open_gateway(settings: Settings) -> AsyncIterator[Gateway]:
    """Yield a gateway on real servers; BrokerUnreachable when the broker does not answer.

    PostgreSQL and Redis may be away at this moment: they are connected when first asked.
    """
    registry = load_tokens(settings.tokens_file)
    allowed = _allowed_topics(settings.ws_allowed_topics)
    async with AsyncExitStack() as stack:
        connection = await connect(settings.nats_url, name=Role.GATEWAY.value)
        stack.push_async_callback(connection.close)
        await declare_streams(connection)
        publisher = Publisher(connection, timeout_seconds=PUBLISH_TIMEOUT_SECONDS)
        stack.push_async_callback(publisher.close)
        pool = await open_pool(
            settings.postgres_dsn.get_secret_value(), max_size=MAX_DATABASE_CONNECTIONS
        )
        stack.push_async_callback(pool.close)
        redis = open_redis(settings.redis_url.get_secret_value())
        stack.push_async_callback(redis.aclose)
        hub, store = StreamHub(), JetStreamStore(connection)
        tail = StreamTail(connection, store, hub)
        await tail.start()
        stack.push_async_callback(tail.stop)
        ledger, recent, nats = LedgerReader(pool), RecentSubmissions(), NatsDependency(connection)
        yield Gateway(
            registry=registry,
            submitter=Submitter(
                IngressJournal(pool), ConnectedPublisher(connection, publisher), recent
            ),
            recent=recent,
            read_models=ReadModelReader(redis, ledger),
            history=ledger,
            hub=hub,
            event_store=store,
            allowed_topics=allowed,
            lag=nats,
            dependencies=(nats, PostgresDependency(ledger), RedisDependency(redis)),
        )


def _allowed_topics(text: str) -> Sequence[TopicPattern]:
    try:
        return parse_allowed(text)
    except InvalidPattern as error:
        raise ConfigurationError(f"WS_ALLOWED_TOPICS is wrong: {error}") from None
