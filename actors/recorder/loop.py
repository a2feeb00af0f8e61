"""Runs the recorder: one process at a time records, the others wait for their turn."""

import asyncio
import os
import secrets
import socket
import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from actors.recorder import metrics
from actors.recorder.days import DayDatasets
from actors.recorder.recording import Recording
from actors.recorder.settings import RecorderSettings
from tradewind.contracts.roles import RECORDER_GROUP
from tradewind.contracts.streams import MARKET_STREAM
from tradewind.errors import TransientError
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection
from tradewind.runtime.batch_consumer import BatchConsumer
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated, run_every
from tradewind.trading.ticks.store import TickStore, TurnLost

RECORDER_ROLE: Final = "tradewind_recorder"
BATCH_SECONDS: Final = 1.0
MAX_BATCH: Final = 2_000
"""What the consumer holds: a recorder that was away catches up with so many a second."""
DAY_PAUSE_SECONDS: Final = 60.0
PREPARE_SECONDS: Final = 3_600.0
LOCK_SECONDS: Final = 2.0
"""A partition is made or dropped while nobody reads; who reads for longer is not waited for."""
MAX_CONNECTIONS: Final = 2

logger = structlog.get_logger("recorder")


async def run(
    settings: RecorderSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Record until `stopped`; what cannot be recorded waits in the stream, within its bounds."""
    pool = await open_pool(
        settings.postgres_dsn.get_secret_value(),
        max_size=MAX_CONNECTIONS,
        role=RECORDER_ROLE,
        writes=True,
        lock_timeout_seconds=LOCK_SECONDS,
    )
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    recorder = Recorder(
        TickStore(pool, holder), connection, timedelta(days=settings.ticks_kept_days)
    )
    days = DayDatasets(pool, settings.datasets)

    async def make_days() -> None:
        if recorder.is_active:
            await days.make()

    try:
        async with repeated(DAY_PAUSE_SECONDS, make_days, Outage("datasets of days")):
            await run_every(BATCH_SECONDS, recorder.step, Outage("recorder"), stopped)
    finally:
        await recorder.stop()
        pool.terminate()


class Recorder:
    """Takes its turn, and records while it has it."""

    def __init__(self, store: TickStore, connection: NatsConnection, kept: timedelta) -> None:
        self._store = store
        self._connection = connection
        self._kept = kept
        self._consumer: BatchConsumer | None = None
        self._recording: Recording | None = None
        self._prepared_at = float("-inf")

    @property
    def is_active(self) -> bool:
        """Whether this process has the turn."""
        return self._recording is not None

    async def step(self) -> None:
        """Record a batch, or look whether it is this process's turn."""
        if self._recording is None:
            await self._begin()
        if self._recording is None:
            return
        await self._prepare()
        try:
            await self._recording.step()
        except TurnLost:
            await self._end()
            raise

    async def stop(self) -> None:
        """Give back what was not recorded, and the turn."""
        if self._recording is not None:
            await self._end()
            with suppress(TransientError):
                await self._store.end_turn()

    async def _begin(self) -> None:
        if not await self._store.take_turn():
            return
        consumer = BatchConsumer(
            self._connection,
            MARKET_STREAM,
            RECORDER_GROUP.name,
            max_batch=MAX_BATCH,
            max_held=MAX_BATCH,
        )
        recording = Recording(self._store, consumer)
        await recording.begin()
        await consumer.start()
        self._consumer, self._recording = consumer, recording
        self._prepared_at = float("-inf")
        metrics.ACTIVE.set(1)
        logger.info("records ticks")

    async def _end(self) -> None:
        metrics.ACTIVE.set(0)
        consumer, self._consumer, self._recording = self._consumer, None, None
        if consumer is not None:
            await consumer.stop()

    async def _prepare(self) -> None:
        """Make partitions and drop old ones at the start, and every hour."""
        if time.monotonic() - self._prepared_at < PREPARE_SECONDS:
            return
        made, dropped = await self._store.prepare(self._kept)
        self._prepared_at = time.monotonic()
        if made or dropped:
            logger.info("days of ticks", partitions_made=made, days_dropped=dropped)
