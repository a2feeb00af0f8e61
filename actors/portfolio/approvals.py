"""The loop of the portfolio stage that ends waits for a person: by an answer, or without one.

It needs no message: what waits is a row, and so is an answer. What it decided is published again
until the ledger has it, whichever process decided it.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from actors.portfolio.conclude import conclude
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.errors import NotYet
from tradewind.postgres import Pool
from tradewind.runtime import NatsConnection, Publisher
from tradewind.runtime.decisions import Decision, carrying, from_lines
from tradewind.runtime.loops import beat
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.trading.approvals.store import Waits
from tradewind.trading.book import metrics
from tradewind.trading.book.waits import WaitEnds

LOOP: Final = "approvals"
PAUSE_SECONDS: Final = 0.25
"""Between two passes: nobody who has answered notices."""
UPKEEP_SECONDS: Final = 2.0
"""Between two looks at what the ledger lacks, and at the figures."""
SILENT_SECONDS: Final = 60.0
MAX_ENDED: Final = 100
MAX_PUBLISHED: Final = 100


@asynccontextmanager
async def ending_waits(
    pool: Pool, connection: NatsConnection, ends: WaitEnds, now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """End waits while the block runs; all replicas do, and each wait is ended once."""
    publisher = Publisher(connection)
    loop = ApprovalLoop(Waits(pool), ends, publisher, now)
    outage = Outage(LOOP, silent_seconds=SILENT_SECONDS)
    try:
        async with repeated(PAUSE_SECONDS, loop.work, outage):
            yield
    finally:
        await publisher.close()


class ApprovalLoop:
    """What one process does in a pass."""

    def __init__(
        self, waits: Waits, ends: WaitEnds, publisher: Publisher, now: Callable[[], datetime]
    ) -> None:
        self._waits = waits
        self._ends = ends
        self._publisher = publisher
        self._now = now
        self._upkeep_at = 0.0

    async def work(self) -> None:
        """End what can be ended, and publish what the ledger lacks of earlier ends."""
        for intent_id in await self._waits.due(self._now(), MAX_ENDED):
            beat()
            # A portfolio that is busy, or a database that is not proven, is asked again shortly.
            with suppress(NotYet):
                await self._publish(await self._ends.end(intent_id, conclude, self._now))
        if time.monotonic() >= self._upkeep_at:
            self._upkeep_at = time.monotonic() + UPKEEP_SECONDS
            await self.publish_unrecorded()
            await self._measure()

    async def publish_unrecorded(self) -> None:
        """Publish again what ended waits and the ledger lacks, in the order of its history."""
        for ended in await self._waits.take_unrecorded(MAX_PUBLISHED):
            decision = from_lines(ended.required) + from_lines(ended.decision)
            await self._publisher.publish_all(carrying(decision, ended.fencing_token))

    async def _publish(self, decision: Decision) -> None:
        if not decision:
            return
        last = decision[-1].topic
        is_approved = any(one.topic == RiskApproved.topic for one in decision)
        metrics.WAITS_ENDED.labels(RiskApproved.topic if is_approved else last).inc()
        await self._publisher.publish_all(decision)

    async def _measure(self) -> None:
        figures = await self._waits.measure()
        metrics.WAITING.set(figures.waiting)
        metrics.OLDEST_WAITING.set(max(0.0, figures.oldest_seconds))
        metrics.WAITS_UNRECORDED.set(figures.unrecorded)
