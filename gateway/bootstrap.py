"""Wires the process: opens its connections, makes its services, closes everything again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from redis.asyncio import Redis

from gateway.app import comma_separated, create_app
from gateway.dependencies import NatsDependency, PostgresDependency, RedisDependency
from gateway.http.protocols.connections import Connections
from gateway.http.server import GatewayServer
from gateway.metrics import SUBMISSIONS
from gateway.process_watch import watched_processes
from gateway.readiness import Readiness
from gateway.services import Services
from gateway.settings import GatewaySettings
from gateway.stream.admission import Admission
from gateway.stream.event_stream import EventStream
from gateway.stream.hub import StreamHub
from gateway.stream.limits import MAX_MESSAGE_BYTES
from gateway.stream.store import JetStreamStore
from gateway.stream.tail import StreamTail
from gateway.stream.topic_patterns import InvalidPattern, TopicPattern, parse_allowed
from gateway.submission.connected_publisher import ConnectedPublisher
from gateway.submission.intents import IntentSubmitter
from gateway.submission.pipeline import SubmissionPipeline
from gateway.submission.portfolios import parse_strategy_portfolios
from gateway.submission.recent_submissions import RecentSubmissions
from tradewind.contracts.roles import Role
from tradewind.errors import ConfigurationError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.postgres import Pool, open_pool
from tradewind.readmodels.due import REFRESH_SECONDS, DuePosition
from tradewind.readmodels.reader import ReadModelReader
from tradewind.redis import open_redis
from tradewind.runtime.connection import NatsConnection, connect
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.runtime.publisher import Publisher
from tradewind.runtime.streams import declare_streams
from tradewind.trading.tokens import load_tokens

PUBLISH_TIMEOUT_SECONDS: Final = 1.0
MAX_WRITING_CONNECTIONS: Final = 4
MAX_READING_CONNECTIONS: Final = 4
"""Requests that wait to write leave these for others to read."""
DATABASE_DEADLINE_SECONDS: Final = 3.0
"""How long PostgreSQL may take over a statement; who asked is answered 503 then."""


@asynccontextmanager
async def open_services(settings: GatewaySettings) -> AsyncIterator[Services]:
    """Yield the services on real servers; BrokerUnreachable when the broker does not answer.

    PostgreSQL and Redis may be away at this moment: they are connected when first asked.
    """
    registry = load_tokens(settings.tokens_file)
    allowed_topics = _allowed_topics(settings.ws_allowed_topics)
    portfolios = parse_strategy_portfolios(settings.strategy_portfolios)
    async with AsyncExitStack() as stack:
        connection = await connect(settings.nats_url, name=Role.GATEWAY.value)
        stack.push_async_callback(connection.close)
        await declare_streams(connection)
        publisher = Publisher(connection, timeout_seconds=PUBLISH_TIMEOUT_SECONDS)
        stack.push_async_callback(publisher.close)
        sender = ConnectedPublisher(connection, publisher)
        writing, reading = await _open_pools(settings, stack)
        journal, ledger = IngressJournal(writing), LedgerReader(reading)
        redis = open_redis(settings.redis_url.get_secret_value())
        stack.push_async_callback(redis.aclose)
        admission = Admission(settings.stream_clients_per_address)
        stream = EventStream(StreamHub(), JetStreamStore(connection), allowed_topics, admission)
        await _follow(connection, stream, stack)
        nats, recent = NatsDependency(connection, stream.store), RecentSubmissions()
        pipeline = SubmissionPipeline(journal, sender, SUBMISSIONS)
        dependencies = (nats, PostgresDependency(ledger, journal), RedisDependency(redis))
        yield Services(
            intents=IntentSubmitter(registry, pipeline, recent, portfolios=portfolios),
            recent_submissions=recent,
            read_models=await _open_read_models(redis, ledger, stack),
            history=ledger,
            stream=stream,
            readiness=Readiness(dependencies, nats),
            processes=await stack.enter_async_context(watched_processes(connection)),
        )


async def _follow(connection: NatsConnection, stream: EventStream, stack: AsyncExitStack) -> None:
    """Have the hub follow the stream of events until the stack closes."""
    tail = StreamTail(connection, stream.store, stream.hub)
    await tail.start()
    stack.push_async_callback(tail.stop)


async def _open_read_models(
    redis: Redis, ledger: LedgerReader, stack: AsyncExitStack
) -> ReadModelReader:
    """Return a reader that knows how far the ledger is."""
    due = DuePosition(ledger)
    outage = Outage("position of the ledger")
    await stack.enter_async_context(repeated(REFRESH_SECONDS, due.refresh, outage))
    return ReadModelReader(redis, ledger, due=due)


async def _open_pools(settings: GatewaySettings, stack: AsyncExitStack) -> tuple[Pool, Pool]:
    """Return the pools to write and to read with."""
    dsn, deadline = settings.postgres_dsn.get_secret_value(), DATABASE_DEADLINE_SECONDS
    pools = (
        await open_pool(
            dsn, max_size=MAX_WRITING_CONNECTIONS, writes=True, deadline_seconds=deadline
        ),
        await open_pool(dsn, max_size=MAX_READING_CONNECTIONS, deadline_seconds=deadline),
    )
    for pool in pools:
        stack.push_async_callback(pool.close)
    return pools


def create_server(settings: GatewaySettings, services: Services) -> GatewayServer:
    return GatewayServer(
        create_app(settings, services),
        Connections(settings.gateway_connections, settings.gateway_connections_per_address),
        max_message_bytes=MAX_MESSAGE_BYTES,
        shutdown_timeout_seconds=settings.shutdown_timeout_seconds,
        before_shutdown=services.stream.hub.close_and_flush,
    )


def _allowed_topics(text: str) -> Sequence[TopicPattern]:
    try:
        return parse_allowed(comma_separated(text))
    except InvalidPattern as error:
        raise ConfigurationError(f"WS_ALLOWED_TOPICS is wrong: {error}") from None
