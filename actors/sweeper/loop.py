"""Runs the sweeper: republishes the last event of a stalled history, byte for byte as recorded.

This restores whatever the broker lost, because every event but the first has its cause in the
ledger. A superfluous copy is discarded by its id.
"""

import asyncio
from typing import Final

from actors.sweeper.answers import OldAnswers
from actors.sweeper.instruments import InstrumentKeeper, kept_instruments
from actors.sweeper.monitoring import Monitor, observed
from actors.sweeper.relay import Relay
from actors.sweeper.requests import RequestedActions
from actors.sweeper.settings import SweeperSettings
from actors.sweeper.sweep import PASSES_PER_STALL, Sweeper
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.dead_letters import DeadLetterRequests
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, Publisher
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.instruments.file import declared_instruments

SILENT_SECONDS: Final = 60.0
"""An outage is logged again only after this, because a pass without work ends it every time."""


async def run(
    settings: SweeperSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Sweep until `stopped`; several processes may run, of which one at a time does a pass."""
    declared = declared_instruments(settings.tokens_file, settings.instruments_file)
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=2, writes=True)
    publisher = Publisher(connection)
    histories = StalledHistories(pool)
    sweeper = Sweeper(histories, publisher, settings)
    relay = Relay(IngressJournal(pool), publisher, settings)
    answers = OldAnswers(pool, settings.model_answer_days)
    requested = RequestedActions(DeadLetterRequests(pool), publisher)
    pause = min(1.0, settings.stalled_after_seconds / PASSES_PER_STALL)
    keeper = InstrumentKeeper(pool, publisher, declared)
    monitor = Monitor(Backlogs(pool), histories, StateJournal(pool), connection, settings)
    outage = Outage("sweep", max_seconds=pause, silent_seconds=SILENT_SECONDS)

    async def relay_and_sweep() -> None:
        await relay.relay()
        await requested.carry_out()
        await sweeper.sweep()
        await answers.forget()

    try:
        async with observed(monitor), kept_instruments(keeper):
            await run_every(pause, relay_and_sweep, outage, stopped)
    finally:
        await publisher.close()
        pool.terminate()
