"""Wires the process: opens its connections, makes its services, closes everything again."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final

import structlog
from redis.asyncio import Redis

from gateway.app import comma_separated, create_app
from gateway.authentication.service import Authentication, open_authentication
from gateway.backtests.wiring import open_backtests
from gateway.commands.approvals import Answerer, Approvals
from gateway.commands.cancellation import IntentCanceller
from gateway.commands.closing import PositionCloser
from gateway.commands.instruments import InstrumentEditor
from gateway.commands.preview import IntentPreviewer
from gateway.commands.reconciliation import Reconciler, Treasury
from gateway.commands.trading_states import StateChanger
from gateway.dependencies import NatsDependency, PostgresDependency, RedisDependency
from gateway.http.descriptors import affordable_connections
from gateway.http.protocols.connections import Connections
from gateway.http.protocols.websocket import stream_protocol
from gateway.http.server import GatewayServer
from gateway.limits.buckets import RedisBuckets
from gateway.limits.limiter import RateLimiter
from gateway.limits.policies import refusal_policy
from gateway.limits.refusals import Refusals
from gateway.market import Market, watched_market
from gateway.metrics import CLOSINGS, SUBMISSIONS
from gateway.platform_facts import platform_facts
from gateway.pools import Pools, open_pools
from gateway.process_watch import watched_processes
from gateway.processes.handover import Channels, handover_protocol
from gateway.readiness import Readiness
from gateway.readiness_document import gateway_readiness
from gateway.recent_counts import RecentCounts
from gateway.records import Records
from gateway.services import Services
from gateway.settings import GatewaySettings
from gateway.signals.producers import Producers, answering_producers
from gateway.signals.service import Signals
from gateway.signals.wiring import open_signals
from gateway.stream.admission import Admission as StreamAdmission
from gateway.stream.event_stream import EventStream
from gateway.stream.hub import StreamHub
from gateway.stream.limits import MAX_MESSAGE_BYTES
from gateway.stream.store import JetStreamStore
from gateway.stream.tail import StreamTail
from gateway.stream.topic_patterns import InvalidPattern, TopicPattern, parse_allowed
from gateway.submission.admission import SAMPLE_SECONDS, Admission
from gateway.submission.connected_publisher import ConnectedPublisher
from gateway.submission.intents import IntentSubmitter
from gateway.submission.pipeline import SubmissionPipeline
from gateway.submission.recent_submissions import RecentSubmissions
from gateway.time_machine import LedgerTimeMachine
from tradewind.contracts.roles import Role
from tradewind.errors import ConfigurationError
from tradewind.keys.store import KeySnapshot
from tradewind.ledger.history.graph import CorrelationGraphs
from tradewind.ledger.history.intent_counts import IntentCounts
from tradewind.ledger.history.lookup import Lookup
from tradewind.ledger.history.owners import Owners
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.history.search import EventSearch
from tradewind.ledger.history.trades import Trades
from tradewind.ledger.transfer.exporter import HistoryExporter
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.cancel_requests import CancelRequests
from tradewind.ledger.upkeep.dead_letters import DeadLetterRequests, DeadLetters
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.ledger.upkeep.set_aside import SetAside
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.readmodels.due import REFRESH_SECONDS, DuePosition
from tradewind.readmodels.reader import ReadModelReader
from tradewind.redis import open_impatient_redis, open_redis
from tradewind.runtime.clock import now
from tradewind.runtime.connection import NatsConnection, connect
from tradewind.runtime.operations_port import operations_port
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.runtime.publisher import Publisher
from tradewind.runtime.queries import Questions
from tradewind.runtime.streams import declare_streams
from tradewind.trading.accounting.keys import TokenKey, token_key
from tradewind.trading.approvals.journal import ApprovalJournal
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.instruments.file import declared_instruments
from tradewind.trading.instruments.registrar import InstrumentRegistrar
from tradewind.trading.instruments.shown import ShownInstruments
from tradewind.trading.policy.journal import PolicyJournal
from tradewind.trading.portfolios.reader import PortfolioReader
from tradewind.trading.pricing.swap.engine import choose_router
from tradewind.trading.ticks.reader import RecordedMarket
from tradewind.trading.tokens import TokenRegistry, load_tokens
from tradewind.trading.treasury.reports import Reports
from tradewind.trading.treasury.shown import ShownWallets
from tradewind.trading.treasury.slots import ShownSlots

logger = structlog.get_logger(__name__)

PUBLISH_TIMEOUT_SECONDS: Final = 0.5
"""How long a request that is kept waits for the broker; the relay sends what it did not take."""
QUESTION_TIMEOUT_SECONDS: Final = 1.0
"""How long a role may take over a preview, which asks two."""
LIMIT_TIMEOUT_SECONDS: Final = 0.25
"""How long Redis may take to count a request; this process decides alone then."""


@asynccontextmanager
async def open_services(settings: GatewaySettings) -> AsyncIterator[Services]:
    """Yield the services on real servers; BrokerUnreachable when the broker does not answer.

    PostgreSQL and Redis may be away at this moment: they are connected when first asked.
    """
    declared = declared_instruments(settings.tokens_file, settings.instruments_file)
    async with AsyncExitStack() as stack:
        registry = declared.tokens
        connection = await _open_connection(settings, stack)
        pools = await open_pools(settings.postgres_dsn.get_secret_value(), stack)
        redis, limiter = _open_cache(settings, stack), await _open_limiter(settings, stack)
        refusals = Refusals(limiter, refusal_policy(settings))
        authentication, stream = await _open_stream(settings, connection, redis, refusals, stack)
        nats, ledger = NatsDependency(connection, stream.store), LedgerReader(pools.reading)
        sender = _open_sender(connection, stack)
        intents = await _open_submitter(settings, registry, sender, nats, pools, stack)
        signals = open_signals(settings, registry, sender, pools)
        read_models = await _open_read_models(redis, ledger, stack)
        yield Services(
            intents=intents,
            closer=_closer(intents, sender, pools),
            canceller=IntentCanceller(CancelRequests(pools.writing), sender),
            approvals=_approvals(pools, sender),
            previewer=_previewer(settings, connection),
            states=StateChanger(StateJournal(pools.writing), sender),
            policies=PolicyJournal(pools.writing),
            read_models=read_models,
            history=ledger,
            records=_records(pools, settings, registry),
            stream=stream,
            readiness=_open_readiness(nats, pools, redis, stack),
            authentication=authentication,
            processes=await stack.enter_async_context(watched_processes(connection)),
            limiter=limiter,
            refusals=refusals,
            instruments=ShownInstruments(pools.reading, declared),
            registrar=InstrumentEditor(InstrumentRegistrar(pools.writing, registry)),
            treasury=_treasury(pools, sender),
            market=await _open_market(settings, registry, connection, stack),
            recorded=RecordedMarket(pools.reading),
            platform=platform_facts(settings),
            signals=await _answering(connection, signals, limiter, stack),
            time_machine=LedgerTimeMachine(pools.reading, _pegged(registry)),
            backtests=await open_backtests(connection, pools, sender, read_models, registry, stack),
        )


async def _answering(
    connection: NatsConnection, signals: Signals, limiter: RateLimiter, stack: AsyncExitStack
) -> Signals:
    """Return the signals, which producers at the broker may submit from now on."""
    await stack.enter_async_context(answering_producers(connection, Producers(signals, limiter)))
    return signals


async def _open_connection(settings: GatewaySettings, stack: AsyncExitStack) -> NatsConnection:
    connection = await connect(settings.nats_url, name=Role.GATEWAY.value)
    stack.push_async_callback(connection.close)
    await declare_streams(connection)
    return connection


def _open_cache(settings: GatewaySettings, stack: AsyncExitStack) -> Redis:
    redis = open_impatient_redis(settings.redis_url.get_secret_value())
    stack.push_async_callback(redis.aclose)
    return redis


def _open_readiness(
    nats: NatsDependency, pools: Pools, redis: Redis, stack: AsyncExitStack
) -> Readiness:
    postgres = PostgresDependency(LedgerReader(pools.probing), IngressJournal(pools.probing))
    readiness = Readiness((nats, postgres, RedisDependency(redis)), nats)
    stack.push_async_callback(readiness.close)
    return readiness


async def _open_market(
    settings: GatewaySettings,
    registry: TokenRegistry,
    connection: NatsConnection,
    stack: AsyncExitStack,
) -> Market:
    router = choose_router(rust_engine_enabled=settings.rust_engine_enabled)
    market = Market(registry, settings.price_limits, router)
    return await stack.enter_async_context(watched_market(connection, market))


def _treasury(pools: Pools, sender: ConnectedPublisher) -> Treasury:
    reconciler = Reconciler(Reports(pools.writing), sender)
    reading = pools.reading
    return Treasury(ShownWallets(reading), ShownSlots(reading), Reports(reading), reconciler)


def _approvals(pools: Pools, sender: ConnectedPublisher) -> Approvals:
    answerer = Answerer(ApprovalJournal(pools.writing), sender)
    return Approvals(ApprovalJournal(pools.reading), answerer)


def _open_sender(connection: NatsConnection, stack: AsyncExitStack) -> ConnectedPublisher:
    publisher = Publisher(connection, timeout_seconds=PUBLISH_TIMEOUT_SECONDS)
    stack.push_async_callback(publisher.close)
    return ConnectedPublisher(connection, publisher)


async def _open_submitter(
    settings: GatewaySettings,
    registry: TokenRegistry,
    sender: ConnectedPublisher,
    nats: NatsDependency,
    pools: Pools,
    stack: AsyncExitStack,
) -> IntentSubmitter:
    """Return what takes in intents, as long as they can be done in time."""
    return IntentSubmitter(
        registry,
        SubmissionPipeline(IngressJournal(pools.writing), sender, SUBMISSIONS),
        RecentSubmissions(),
        IngressJournal(pools.reading),
        await _open_admission(nats, stack),
        portfolios=settings.portfolios,
    )


def _closer(intents: IntentSubmitter, sender: ConnectedPublisher, pools: Pools) -> PositionCloser:
    requests = SubmissionPipeline(IngressJournal(pools.writing), sender, CLOSINGS)
    return PositionCloser(intents, requests)


def _previewer(settings: GatewaySettings, connection: NatsConnection) -> IntentPreviewer:
    return IntentPreviewer(
        load_tokens(settings.tokens_file),
        Questions(connection, timeout_seconds=QUESTION_TIMEOUT_SECONDS),
        portfolios=settings.portfolios,
    )


def _pegged(registry: TokenRegistry) -> frozenset[TokenKey]:
    return frozenset(token_key(one.asset) for one in registry.tokens if one.usd_pegged)


def _records(pools: Pools, settings: GatewaySettings, registry: TokenRegistry) -> Records:
    portfolios = PortfolioReader(pools.reading, _pegged(registry))
    return Records(
        events=EventSearch(pools.reading),
        trades=Trades(pools.reading),
        portfolios=portfolios,
        sellable=portfolios,
        owners=Owners(pools.reading),
        graphs=CorrelationGraphs(pools.reading),
        dead_letters=DeadLetters(pools.reading),
        requests=DeadLetterRequests(pools.writing),
        set_aside=SetAside(pools.reading),
        stalled=StalledHistories(pools.reading),
        stalled_settings=settings,
        backlogs=Backlogs(pools.reading),
        exporter=HistoryExporter(pools.reading),
        counts=RecentCounts(IntentCounts(pools.reading)),
        lookup=Lookup(pools.reading),
    )


@contextmanager
def monitored(settings: GatewaySettings, services: Services) -> Iterator[int | None]:
    """Serve what monitoring asks while a block runs; yield the port, None when none is set."""
    port, host = settings.metrics_port, settings.metrics_host
    if port is None:
        yield None
        return
    with operations_port(port, host, gateway_readiness(services)) as served:
        logger.info("monitored", host=host, port=served)
        yield served


async def _open_stream(
    settings: GatewaySettings,
    connection: NatsConnection,
    redis: Redis,
    refusals: Refusals,
    stack: AsyncExitStack,
) -> tuple[Authentication, EventStream]:
    """Return who tells callers, and the stream of events, which ends with the keys of its clients.

    The hub follows the stream until the stack closes.
    """
    allowed_topics, hub = _allowed_topics(settings.ws_allowed_topics), StreamHub()
    authentication = await stack.enter_async_context(
        open_authentication(settings, redis, refusals, lambda known: _end_unusable(hub, known))
    )
    stream = EventStream(
        hub,
        JetStreamStore(connection),
        allowed_topics,
        StreamAdmission(settings.stream_clients_per_address),
        authenticator=authentication.first_message,
    )
    tail = StreamTail(connection, stream.store, stream.hub)
    await tail.start()
    stack.push_async_callback(tail.stop)
    return authentication, stream


def _end_unusable(hub: StreamHub, known: KeySnapshot) -> None:
    """End the streams of keys that were revoked or have expired."""
    at = now()

    def is_usable(key_id: str) -> bool:
        key = known.keys.get(key_id)
        return key is not None and key.is_usable(at)

    hub.close_unusable_keys(is_usable)


async def _open_read_models(
    redis: Redis, ledger: LedgerReader, stack: AsyncExitStack
) -> ReadModelReader:
    """Return a reader that knows how far the ledger is."""
    due = DuePosition(ledger)
    outage = Outage("position of the ledger")
    await stack.enter_async_context(repeated(REFRESH_SECONDS, due.refresh, outage))
    return ReadModelReader(redis, ledger, due=due)


async def _open_admission(nats: NatsDependency, stack: AsyncExitStack) -> Admission:
    """Return an admission that samples the consumers of intents until the stack closes."""
    admission = Admission(nats)
    outage = Outage("consumers of intents")
    await stack.enter_async_context(repeated(SAMPLE_SECONDS, admission.sample, outage))
    return admission


async def _open_limiter(settings: GatewaySettings, stack: AsyncExitStack) -> RateLimiter:
    """Return a limiter with a client of its own: it does not wait for Redis as long as reads do."""
    redis = open_redis(settings.redis_url.get_secret_value(), LIMIT_TIMEOUT_SECONDS)
    stack.push_async_callback(redis.aclose)
    return RateLimiter(RedisBuckets(redis), processes=settings.limit_processes)


def create_server(
    settings: GatewaySettings, services: Services, channels: Channels | None = None
) -> GatewayServer:
    """Return a server; with channels it hands WebSockets over instead of serving them."""
    return GatewayServer(
        create_app(settings, services),
        Connections(
            affordable_connections(settings.gateway_connections),
            settings.gateway_connections_per_address,
        ),
        max_message_bytes=MAX_MESSAGE_BYTES,
        shutdown_timeout_seconds=settings.shutdown_timeout_seconds,
        before_shutdown=services.stream.hub.close_and_flush,
        stream_protocol=stream_protocol() if channels is None else handover_protocol(channels),
    )


def _allowed_topics(text: str) -> Sequence[TopicPattern]:
    try:
        return parse_allowed(comma_separated(text))
    except InvalidPattern as error:
        raise ConfigurationError(f"WS_ALLOWED_TOPICS is wrong: {error}") from None
