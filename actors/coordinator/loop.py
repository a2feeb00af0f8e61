"""The coordinator: the single writer of the ledger and of the read models (design section 6)."""

import asyncio
import contextlib
from contextlib import AsyncExitStack
from typing import Final

from actors.coordinator import metrics, monitoring
from actors.coordinator.dead_letters import record_dead_letters
from actors.coordinator.leadership import holder_name, keep_lease, take_lease
from actors.coordinator.pipeline import Pipeline
from actors.coordinator.read_model_repair import keep_complete
from actors.coordinator.restoration import Restoration
from actors.coordinator.settings import CoordinatorSettings
from actors.coordinator.stream_identity import watched_stream
from tradewind.contracts.roles import COORDINATOR_GROUP
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM
from tradewind.errors import TransientError
from tradewind.ledger.append.hints import Hints
from tradewind.ledger.append.incarnation import HistoryLost, Incarnations
from tradewind.ledger.append.lease import Lease
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.postgres import open_pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.projection.projector import Projector
from tradewind.readmodels.rebuild.scrubber import Scrubber
from tradewind.redis import open_redis
from tradewind.runtime import BatchConsumer, NatsConnection
from tradewind.runtime.collector import collect_rarely
from tradewind.runtime.gauges import refreshed

ACK_WAIT_MS: Final = 3_000
"""How long what a killed coordinator held stays away; a copy that comes too early is dropped."""
YOUNG_OBJECTS: Final = 20_000


async def run(
    settings: CoordinatorSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Stand by until the ledger is ours, then write everything that arrives until `stopped`.

    Raises StaleEpoch when another coordinator took over: what was not committed stays
    unacknowledged and goes to that one. Raises HistoryLost when the database was restored
    meanwhile: whoever takes over next writes a new incarnation.
    """
    collect_rarely(YOUNG_OBJECTS)
    async with AsyncExitStack() as stack:
        # hanging in a transaction must not keep the next writer out for longer than the lease
        pool = await open_pool(
            settings.postgres_dsn.get_secret_value(),
            idle_in_transaction_seconds=settings.ledger_lease_seconds,
        )
        stack.callback(pool.terminate)
        lease = Lease(pool, holder_name(), settings.ledger_lease_seconds)
        term = await take_lease(lease, stopped)
        if term is None:
            return
        stack.push_async_callback(_give_up, lease, term.epoch)
        redis = open_redis(settings.redis_url.get_secret_value())
        stack.push_async_callback(redis.aclose)
        reader, store = LedgerReader(pool), DocumentStore(redis)
        stream = await stack.enter_async_context(watched_stream(connection))
        restoration = Restoration(connection, stream, Incarnations(pool), store)
        try:
            async with asyncio.TaskGroup() as beside:
                holding = beside.create_task(keep_lease(lease, term.epoch))
                position = await restoration.settle(term)
                events, letters = await _consumers(connection, stack)
                ledger, projector = Ledger(pool, term.epoch, position), Projector(reader, store)
                scrubber = Scrubber(reader, redis)
                monitor = monitoring.Monitor(reader, store, Backlogs(pool))
                await stack.enter_async_context(
                    refreshed(monitoring.SOURCE, monitor.observe, monitoring.CHECK_SECONDS)
                )
                pipeline = Pipeline(events, stream, position, ledger, Hints(redis), projector)
                tasks = [
                    holding,
                    beside.create_task(record_dead_letters(letters, ledger)),
                    beside.create_task(
                        keep_complete(reader, store, projector, scrubber, pipeline.behind)
                    ),
                ]
                await pipeline.run(stopped)
                for task in tasks:
                    task.cancel()
        except* HistoryLost as errors:
            await restoration.begin(term, str(errors.exceptions[0]))
            raise


async def _consumers(
    connection: NatsConnection, stack: AsyncExitStack
) -> tuple[BatchConsumer, BatchConsumer]:
    """Return the sources of events and of dead letters, started."""
    events, letters = (
        BatchConsumer(connection, stream, COORDINATOR_GROUP.name, ack_wait_ms=ACK_WAIT_MS)
        for stream in (EVENTS_STREAM, DEAD_LETTERS_STREAM)
    )
    for consumer in (events, letters):
        await consumer.start()
        stack.push_async_callback(consumer.stop)
    return events, letters


async def _give_up(lease: Lease, epoch: int) -> None:
    metrics.LEASE.end()
    # PostgreSQL being away, the lease lapses by itself.
    with contextlib.suppress(TransientError):
        await lease.release(epoch)
