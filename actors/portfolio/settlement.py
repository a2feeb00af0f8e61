"""The loop of the portfolio stage: settles the ledger, proves the database, tells what is new."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.contracts.trace_context import TRACEPARENT_HEADER
from tradewind.failpoints import failpoint
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool
from tradewind.readmodels.legality import legal_rows
from tradewind.runtime import NatsConnection, Publisher
from tradewind.runtime.loops import beat
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.runtime.tracing import traceparent
from tradewind.trading.book import metrics
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.outbox import Due, Outbox
from tradewind.trading.book.proving import stream_end_of
from tradewind.trading.book.seams import Market
from tradewind.trading.book.settlement import Settlement
from tradewind.trading.book.telling import Teller

LOOP: Final = "portfolio settlement"
PAUSE_SECONDS: Final = 0.1
"""Between two passes. It also bounds how often a portfolio is told of: once a pass."""
REST_FACTOR: Final = 6
"""How many times longer than a pass the pause after it is, where that is longer: a pass costs as
much for one event as for fifty, so a busy ledger is settled in fewer, larger ones."""
MAX_REST_SECONDS: Final = 0.5
UPKEEP_SECONDS: Final = 2.0
"""Between two looks at what nobody has told or published, and at the figures."""
SILENT_SECONDS: Final = 60.0
GRACE_SECONDS: Final = 300.0
"""So long after its intent expired a claim without an end is reported: it may be in flight."""
MAX_PUBLISHED: Final = 500
BEFORE_PUBLISH: Final = "settlement.before_publish"


@asynccontextmanager
async def settling(
    pool: Pool, connection: NatsConnection, fence: Fence, market: Market
) -> AsyncIterator[None]:
    """Settle while the block runs; all replicas do, of which one at a time settles a page."""
    publisher = Publisher(connection)
    loop = SettlementLoop(pool, connection, publisher, fence, market)
    outage = Outage(LOOP, silent_seconds=SILENT_SECONDS)
    try:
        async with repeated(PAUSE_SECONDS, loop.work, outage):
            yield
    finally:
        await publisher.close()


class SettlementLoop:
    """What one process does in a pass."""

    def __init__(
        self,
        pool: Pool,
        connection: NatsConnection,
        publisher: Publisher,
        fence: Fence,
        market: Market,
    ) -> None:
        self._find_stream_end = stream_end_of(connection)
        self._publisher = publisher
        self._fence = fence
        self._teller = Teller(pool, market.pegged)
        self._outbox = Outbox(pool)
        self._settlement = Settlement(
            pool, fence, self._teller, to_recorded, legal_rows, tokens=market.tokens
        )
        self._upkeep_at = 0.0

    async def work(self) -> None:
        """Settle what the ledger has, and publish what follows for portfolios' histories.

        What is recorded meanwhile is left to the next pass, so that a pass is a page as long as
        that is enough.
        """
        began_at = time.monotonic()
        known = self._fence.known_commits
        seen = await self._settlement.observe()
        end = seen.last_global_seq
        is_new = seen.settled < end
        metrics.UNSETTLED.set(max(0, end - seen.settled))
        is_proven = await self._fence.prove(seen, known, self._find_stream_end)
        settled: int | None = seen.settled
        while settled is not None and settled < end:
            beat()
            settled = await self._settlement.settle()
        is_due = time.monotonic() >= self._upkeep_at
        if is_due:
            self._upkeep_at = time.monotonic() + UPKEEP_SECONDS
            await self._measure()
        if is_proven and is_due:
            await self._teller.tell_untold()
        if is_new or is_due:
            await self._publish()
        if is_new:
            await asyncio.sleep(rest_seconds(time.monotonic() - began_at))

    async def _measure(self) -> None:
        await self._outbox.forget_recorded()
        figures = await self._outbox.measure(GRACE_SECONDS)
        metrics.CLAIMS.set(figures.claims)
        metrics.OVERDUE.set(figures.overdue)
        metrics.OLDEST_OVERDUE.set(max(0.0, figures.overdue_seconds))
        metrics.OUTBOX.set(figures.outbox)

    async def _publish(self) -> None:
        failpoint(BEFORE_PUBLISH)
        for due in await self._outbox.take_due(MAX_PUBLISHED):
            headers = {
                MESSAGE_ID_HEADER: _message_id(due),
                TRACEPARENT_HEADER: traceparent(due.correlation_id, due.event_id),
            }
            await self._publisher.publish_raw(due.subject, due.body, headers)


def rest_seconds(spent_seconds: float) -> float:
    """Return how long to rest, beside the pause there always is, after a pass of so long."""
    return max(0.0, min(REST_FACTOR * spent_seconds, MAX_REST_SECONDS) - PAUSE_SECONDS)


def _message_id(due: Due) -> str:
    """Return an id of its own for each repetition, or the broker would drop it for two minutes."""
    return due.event_id if due.attempts == 1 else f"outbox-{due.attempts}-{due.event_id}"
