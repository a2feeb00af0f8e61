"""Runs the coordinator: stands by for the lease, then opens and joins the parts of the writer."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

from redis.asyncio import Redis

from actors.coordinator import metrics, monitoring
from actors.coordinator.dead_letters import record_dead_letters
from actors.coordinator.leadership import holder_name, keep_lease, take_lease
from actors.coordinator.pipeline import Pipeline
from actors.coordinator.plan_notices import telling
from actors.coordinator.projection import Projection
from actors.coordinator.restoration import Restoration
from actors.coordinator.settings import CoordinatorSettings
from actors.coordinator.stream_identity import StreamIdentity
from tradewind.contracts.roles import COORDINATOR_GROUP
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM
from tradewind.errors import TransientError
from tradewind.ledger.append.hints import Hints
from tradewind.ledger.append.incarnation import HistoryLost, Incarnations
from tradewind.ledger.append.lease import Lease
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import WriterPosition
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.postgres import Pool, open_pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.projection.projector import Projector
from tradewind.readmodels.rebuild.scrubber import Scrubber
from tradewind.redis import TIMEOUT_SECONDS, open_redis
from tradewind.runtime import BatchConsumer, NatsConnection
from tradewind.runtime.gauges import refreshed
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated

ACK_WAIT_MS: Final = 3_000
"""A killed coordinator's messages are redelivered after this; earlier copies are dropped."""
HINT_SECONDS: Final = 0.05
"""How long recording waits for a hint, which saves little: a slow Redis must not slow it."""
LIFE_SECONDS: Final = 0.5
"""Between two looks whether the database is another one; nothing is decided on it before that."""
FINISH_SECONDS: Final = 2.0
"""How long a coordinator that stops goes on showing what it has recorded."""


async def run(
    settings: CoordinatorSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Stand by until this process has the lease, then write all events until `stopped`.

    Raises StaleEpoch when another coordinator took over: uncommitted messages stay unacknowledged
    and are redelivered to that one. Raises HistoryLost when the database was restored meanwhile:
    the next holder of the lease writes a new incarnation.
    """
    async with AsyncExitStack() as stack:
        pool = await _open_database(settings, stack)
        lease = Lease(pool, holder_name(), settings.ledger_lease_seconds)
        term = await take_lease(lease, stopped)
        if term is None:
            return
        stack.push_async_callback(_give_up, lease, term.epoch)
        redis = _open_redis(settings, stack)
        reader, store = LedgerReader(pool), DocumentStore(redis)
        stream = StreamIdentity(connection)
        await stream.look_up()
        incarnations = Incarnations(pool)
        restoration = Restoration(connection, stream, pool, incarnations, store)
        try:
            async with asyncio.TaskGroup() as beside:
                holding = beside.create_task(keep_lease(lease, term.epoch))
                position = await restoration.settle(term)
                ledger = Ledger(pool, term.epoch, position, await incarnations.written())
                events, letters = await _consumers(connection, stream, stack)
                await stack.enter_async_context(noted_lives(restoration, term))
                projection = Projection(
                    reader, store, Projector(reader, store), Scrubber(reader, redis)
                )
                await _refresh_gauges(monitoring.Monitor(reader, store, Backlogs(pool)), stack)
                hints = Hints(_open_redis(settings, stack, HINT_SECONDS))
                tell = telling(connection)
                pipeline = Pipeline(events, stream, position, ledger, hints, projection, tell)
                recording = beside.create_task(record_dead_letters(letters, ledger))
                projecting = beside.create_task(projection.run())
                await pipeline.run(stopped)
                await projection.is_finished_within(FINISH_SECONDS)
                for task in (holding, recording, projecting):
                    task.cancel()
        except* HistoryLost as errors:
            await restoration.begin(term, str(errors.exceptions[0]))
            raise


@contextlib.asynccontextmanager
async def noted_lives(restoration: Restoration, term: WriterPosition) -> AsyncIterator[None]:
    """Note while the block runs when another life of the database begins."""
    work = functools.partial(restoration.note_life, term)
    async with repeated(LIFE_SECONDS, work, Outage("ledger life", max_seconds=LIFE_SECONDS)):
        yield


async def _open_database(settings: CoordinatorSettings, stack: AsyncExitStack) -> Pool:
    # A coordinator that hangs in a transaction must not keep the next writer out for longer than
    # the lease does; between two messages of a statement it does so for `TRANSACTION_SECONDS`.
    pool = await open_pool(
        settings.postgres_dsn.get_secret_value(),
        writes=True,
        idle_in_transaction_seconds=settings.ledger_lease_seconds,
    )
    stack.callback(pool.terminate)
    return pool


def _open_redis(
    settings: CoordinatorSettings, stack: AsyncExitStack, timeout_seconds: float = TIMEOUT_SECONDS
) -> Redis:
    redis = open_redis(settings.redis_url.get_secret_value(), timeout_seconds)
    stack.push_async_callback(redis.aclose)
    return redis


async def _refresh_gauges(monitor: monitoring.Monitor, stack: AsyncExitStack) -> None:
    await stack.enter_async_context(
        refreshed(monitoring.SOURCE, monitor.observe, monitoring.CHECK_SECONDS)
    )


async def _consumers(
    connection: NatsConnection, stream: StreamIdentity, stack: AsyncExitStack
) -> tuple[BatchConsumer, BatchConsumer]:
    """Return the started consumers of events and of dead letters."""
    events, letters = (
        BatchConsumer(
            connection,
            name,
            COORDINATOR_GROUP.name,
            ack_wait_ms=ACK_WAIT_MS,
            before_pulling=before_pulling,
        )
        for name, before_pulling in ((EVENTS_STREAM, stream.look_up), (DEAD_LETTERS_STREAM, None))
    )
    for consumer in (events, letters):
        await consumer.start()
        stack.push_async_callback(consumer.stop)
    return events, letters


async def _give_up(lease: Lease, epoch: int) -> None:
    metrics.LEASE.end()
    # While PostgreSQL is away the lease cannot be released, but it lapses by itself.
    with contextlib.suppress(TransientError):
        await lease.release(epoch)
