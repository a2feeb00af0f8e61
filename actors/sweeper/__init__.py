"""Sweeper: sends the last event of a history that stands still again, as it was recorded.

Whatever the broker lost comes back this way: every event but the first has its cause in the
ledger. A copy nobody needed is discarded by its id.
"""

import asyncio
from typing import Final

import structlog

from actors.sweeper import metrics
from actors.sweeper.monitoring import Monitor, observed
from actors.sweeper.settings import SweeperSettings
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.ledger.upkeep.stalled import StalledHistories, StalledHistory
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, Publisher
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every

MAX_PER_PASS: Final = 200
PASSES_PER_STALL: Final = 4
SILENT_SECONDS: Final = 60.0
"""How often the same trouble is said: most passes have nothing to send and so no trouble."""

logger = structlog.get_logger("sweeper")


async def run(
    settings: SweeperSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Sweep until `stopped`; several may run, one at a time does a pass."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=2)
    publisher = Publisher(connection)
    histories = StalledHistories(pool)
    sweeper = Sweeper(histories, publisher, settings)
    relay = Relay(IngressJournal(pool), publisher, settings.relay_after_seconds)
    pause = min(1.0, settings.stalled_after_seconds / PASSES_PER_STALL)
    monitor = Monitor(Backlogs(pool), histories, connection, settings)
    outage = Outage("sweep", max_seconds=pause, silent_seconds=SILENT_SECONDS)

    async def relay_and_sweep() -> None:
        await relay.relay()
        await sweeper.sweep()

    try:
        async with observed(monitor):
            await run_every(pause, relay_and_sweep, outage, stopped)
    finally:
        await publisher.close()
        pool.terminate()


class Relay:
    """Sends accepted intents the ledger does not have, from the ingress journal, until it has.

    Several may run: a copy is discarded by its id.
    """

    def __init__(
        self, journal: IngressJournal, publisher: Publisher, relay_after_seconds: float
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._relay_after_seconds = relay_after_seconds

    async def relay(self) -> int:
        """Send what is due; return how many events."""
        await self._journal.settle_recorded(self._relay_after_seconds)
        pending = await self._journal.pending(self._relay_after_seconds, MAX_PER_PASS)
        for one in pending:
            await self._journal.note_relayed(one.event_id)
            message_id = f"relay-{one.relayed}-{one.event_id}"
            await self._publisher.publish_raw(
                one.subject, one.body, {MESSAGE_ID_HEADER: message_id}
            )
            metrics.RELAYED.inc()
            logger.warning(
                "accepted and not recorded, sent again",
                correlationId=one.correlation_id,
                eventId=one.event_id,
                attempt=one.relayed + 1,
            )
        return len(pending)


class Sweeper:
    """One pass at a time over what stands still."""

    def __init__(
        self, histories: StalledHistories, publisher: Publisher, settings: SweeperSettings
    ) -> None:
        self._histories = histories
        self._publisher = publisher
        self._stalled_after_seconds = settings.stalled_after_seconds
        self._max_attempts = settings.stalled_max_attempts

    async def sweep(self) -> int:
        """Send again what is due, if it is this process's turn; return how many events."""
        if not await self._histories.try_turn(self._stalled_after_seconds / PASSES_PER_STALL):
            return 0
        metrics.PASSES.inc()
        due = await self._histories.due(
            self._stalled_after_seconds, self._max_attempts, MAX_PER_PASS
        )
        for one in due:
            await self._emit_again(one)
        return len(due)

    async def _emit_again(self, stalled: StalledHistory) -> None:
        baton = await self._histories.baton(stalled.correlation_id)
        if baton is None:
            await self._histories.note_sweep(stalled)
            return
        event = baton.event
        # An id of its own: within the duplicate window the broker would drop the event's.
        message_id = f"sweep-{stalled.last_sequence}-{stalled.attempts}-{event.event_id}"
        await self._publisher.publish_raw(
            event.subject, baton.body, {MESSAGE_ID_HEADER: message_id}
        )
        # What the broker refused, a full stream for one, was no attempt.
        await self._histories.note_sweep(stalled)
        metrics.SWEPT.labels(event.topic).inc()
        logger.warning(
            "sent again, nothing followed",
            topic=event.topic,
            correlationId=stalled.correlation_id,
            eventId=event.event_id,
            last_topic=stalled.last_topic,
            standing_seconds=int(stalled.standing.total_seconds()),
            attempt=stalled.attempts + 1,
        )
