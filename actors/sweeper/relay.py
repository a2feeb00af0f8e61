"""The ingress relay: publishes accepted intents until the ledger has them, forgets old ones."""

import time
from typing import Final

import structlog

from actors.sweeper import metrics
from actors.sweeper.settings import SweeperSettings
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.contracts.trace_context import TRACEPARENT_HEADER
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.runtime import Publisher
from tradewind.runtime.tracing import traceparent

MAX_PER_PASS: Final = 200
MAX_FORGOTTEN_PER_PASS: Final = 1_000
FORGET_SECONDS: Final = 60.0
"""Between two looks for what is old enough to forget, unless the first left something over."""
SECONDS_PER_HOUR: Final = 3_600

logger = structlog.get_logger("sweeper")


class Relay:
    """Publishes the accepted intents of the ingress journal that the ledger does not have yet.

    Several relays may run, because a copy is discarded by its id.
    """

    def __init__(
        self, journal: IngressJournal, publisher: Publisher, settings: SweeperSettings
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._relay_after_seconds = settings.relay_after_seconds
        self._keep_keys_seconds = settings.idempotency_key_hours * SECONDS_PER_HOUR
        self._forget_at = float("-inf")

    async def relay(self) -> int:
        """Publish the intents that are due; return how many."""
        await self._journal.settle_recorded(self._relay_after_seconds)
        await self._forget()
        pending = await self._journal.pending(self._relay_after_seconds, MAX_PER_PASS)
        for one in pending:
            message_id = f"relay-{one.relayed}-{one.event_id}"
            context = traceparent(one.correlation_id, one.event_id)
            await self._publisher.publish_raw(
                one.subject,
                one.body,
                {MESSAGE_ID_HEADER: message_id, TRACEPARENT_HEADER: context},
            )
            await self._journal.note_relayed(one.event_id)
            metrics.RELAYED.inc()
            logger.warning(
                "accepted and not recorded, sent again",
                correlationId=one.correlation_id,
                eventId=one.event_id,
                attempt=one.relayed + 1,
            )
        return len(pending)

    async def _forget(self) -> None:
        now = time.monotonic()
        if now < self._forget_at:
            return
        forgotten = await self._journal.forget(self._keep_keys_seconds, MAX_FORGOTTEN_PER_PASS)
        if forgotten < MAX_FORGOTTEN_PER_PASS:
            self._forget_at = now + FORGET_SECONDS
