"""Republishes the last event of stalled histories, in passes."""

import time
from typing import Final

import structlog

from actors.sweeper import metrics
from actors.sweeper.settings import SweeperSettings
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.contracts.trace_context import TRACEPARENT_HEADER
from tradewind.ledger.upkeep.stalled import StalledHistories, StalledHistory
from tradewind.runtime import Publisher
from tradewind.runtime.tracing import traceparent

MAX_PER_PASS: Final = 200
PASSES_PER_STALL: Final = 4

logger = structlog.get_logger("sweeper")


class Sweeper:
    """Does passes over the stalled histories, one process at a time."""

    def __init__(
        self, histories: StalledHistories, publisher: Publisher, settings: SweeperSettings
    ) -> None:
        self._histories = histories
        self._publisher = publisher
        self._stalled_after_seconds = settings.stalled_after_seconds
        self._turn_seconds = settings.stalled_after_seconds / PASSES_PER_STALL
        self._max_attempts = settings.stalled_max_attempts
        self._due_at = float("-inf")

    async def sweep(self) -> int:
        """Do a pass if it is this process's turn; return the number of histories it handled."""
        now = time.monotonic()
        if now < self._due_at or not await self._histories.try_turn(self._turn_seconds):
            return 0
        self._due_at = now + self._turn_seconds
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
        # Within the duplicate window the broker would drop a message with the id of the event.
        message_id = f"sweep-{stalled.last_sequence}-{stalled.attempts}-{event.event_id}"
        context = traceparent(event.correlation_id, event.event_id)
        await self._publisher.publish_raw(
            event.subject,
            baton.body,
            {MESSAGE_ID_HEADER: message_id, TRACEPARENT_HEADER: context},
        )
        # The attempt counts only now: a message the broker refused, say on a full stream, was none.
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
