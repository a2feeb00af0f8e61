"""Sweeper: sends the last event of a history that stands still again, as it was recorded.

Whatever the broker lost comes back this way: every event but the first has its cause in the
ledger. A copy nobody needed is discarded by its id.
"""

import asyncio
import contextlib
import time
from typing import Final

import structlog
from nats.errors import Error as NatsError

from actors.sweeper.monitoring import Monitor, keep_observing
from actors.sweeper.relay import Relay
from actors.sweeper.sweep import PASSES_PER_STALL, Sweeper
from tradewind.errors import TradewindError
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, Publisher
from tradewind.settings import Settings

SILENT_SECONDS: Final = 60.0
"""How often the same trouble is said: most passes have nothing to send and so no trouble."""

logger = structlog.get_logger("sweeper")


async def run(settings: Settings, connection: NatsConnection, stopped: asyncio.Event) -> None:
    """Sweep until `stopped`; several may run, one at a time does a pass."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=2)
    publisher = Publisher(connection)
    histories = StalledHistories(pool)
    sweeper = Sweeper(histories, publisher, settings)
    relay = Relay(IngressJournal(pool), publisher, settings.relay_after_seconds)
    pause = min(1.0, settings.stalled_after_seconds / PASSES_PER_STALL)
    silent_until = 0.0
    monitor = Monitor(Backlogs(pool), histories, connection, settings)
    observing = asyncio.create_task(keep_observing(monitor))
    try:
        while not stopped.is_set():
            try:
                await relay.relay()
                await sweeper.sweep()
            except (TradewindError, NatsError) as error:
                if time.monotonic() >= silent_until:
                    logger.warning("cannot sweep, retrying", error=str(error))
                    silent_until = time.monotonic() + SILENT_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), pause)
    finally:
        observing.cancel()
        await publisher.close()
        pool.terminate()
