"""Runs the historian: follows the ledger by its own mark, after the commit of the writer.

Any number of processes may run: whoever has the mark's row writes, and the others find nothing left
to do.
"""

import asyncio
import time
from typing import Final

from actors.historian import metrics
from actors.historian.settings import HistorianSettings
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection
from tradewind.runtime.loops import beat
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every
from tradewind.timeline.historian import Historian

STRETCH_SECONDS: Final = 300.0
"""How long writing a stretch may take; nobody else waits for what it locks."""


async def run(
    settings: HistorianSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Write the timeline until `stopped`, and wait while PostgreSQL is away."""
    pool = await open_pool(
        settings.postgres_dsn.get_secret_value(),
        max_size=1,
        writes=True,
        transaction_seconds=STRETCH_SECONDS,
    )
    historian = Historian(pool)

    async def catch_up() -> None:
        """Take all there is; after each stretch others have the processor for as long."""
        is_whole = False
        while not is_whole and not stopped.is_set():
            beat()
            began_at = time.thread_time()
            advance = await historian.advance()
            metrics.WRITTEN.inc(advance.events)
            metrics.REACHED.set(advance.reached)
            metrics.LAG.set(advance.last - advance.reached)
            is_whole = advance.is_whole
            await asyncio.sleep(time.thread_time() - began_at)

    try:
        pause = settings.historian_interval_ms / 1_000
        await run_every(pause, catch_up, Outage("timeline"), stopped)
    finally:
        pool.terminate()
