"""The loop that marks decisions: what the price had become some time after each of them.

One process at a time marks. What it found is kept before it is published, and published by whoever
has the turn until the ledger has it, so a process may die anywhere.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from actors.desk import metrics
from actors.desk.mids import Mids
from actors.desk.settings import DeskSettings
from tradewind.contracts.envelope import Event
from tradewind.contracts.signals.payloads import SignalMarked
from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool
from tradewind.runtime import NatsConnection, Publisher, clock
from tradewind.runtime.bucket_watch import watched_bucket
from tradewind.runtime.decisions import from_lines, kept
from tradewind.runtime.loops import beat
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.trading.signal_outcomes.marking import MarkLimits, ObservedMid, mark_of
from tradewind.trading.signal_outcomes.scores import newest_scores, read_scores
from tradewind.trading.signal_outcomes.store import Marks, ToDo

LOOP: Final = "signal marks"
WATCH: Final = "perp snapshots"
PAUSE_SECONDS: Final = 0.5
TURN_SECONDS: Final = 10.0
"""A process that dies keeps the turn so long."""
SILENT_SECONDS: Final = 60.0
UPKEEP_SECONDS: Final = 5.0
SCORES_SECONDS: Final = 300.0
"""Between two looks at all outcomes, which grow for ever."""
MAX_MARKED: Final = 200

FindMid = Callable[[str], ObservedMid | None]


@asynccontextmanager
async def marking(
    pool: Pool, connection: NatsConnection, settings: DeskSettings
) -> AsyncIterator[None]:
    """Mark while the block runs; any number of processes may."""
    publisher, mids = Publisher(connection), Mids()
    marks = Marks(pool, to_recorded, settings.horizons_seconds, settings.signal_fee_bps)
    limits = MarkLimits(
        timedelta(seconds=settings.signal_mark_window_seconds),
        timedelta(seconds=settings.signal_mark_max_age_seconds),
    )
    loop = MarkLoop(pool, marks, publisher, mids.of, limits)
    outage = Outage(LOOP, silent_seconds=SILENT_SECONDS)
    try:
        async with (
            watched_bucket(connection, PERP_SNAPSHOTS_BUCKET, mids, WATCH),
            repeated(PAUSE_SECONDS, loop.work, outage),
        ):
            yield
    finally:
        await publisher.close()


class MarkLoop:
    """What one process does in a pass."""

    def __init__(
        self,
        pool: Pool,
        marks: Marks,
        publisher: Publisher,
        find_mid: FindMid,
        limits: MarkLimits,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._pool = pool
        self._marks = marks
        self._publisher = publisher
        self._find_mid = find_mid
        self._limits = limits
        self._now = now
        self._holder = uuid4().hex
        self._upkeep_at = 0.0
        self._scores_at = 0.0

    async def work(self) -> None:
        """Plan what the ledger tells of, mark what is due, publish what the ledger lacks."""
        to_do = await self._take_turn()
        if to_do is None:
            return
        while to_do.has_news and await self._marks.follow():
            beat()
            await self._take_turn()
        if to_do.has_news or to_do.is_due:
            await self._mark()
        if to_do.is_unrecorded:
            for body in await self._marks.take_unrecorded(MAX_MARKED):
                await self._publisher.publish_all(from_lines(body))
        await self._measure()

    async def _take_turn(self) -> ToDo | None:
        return await self._marks.take_turn(self._holder, TURN_SECONDS, self._now())

    async def _mark(self) -> None:
        for planned in await self._marks.due(self._now(), MAX_MARKED):
            beat()
            mark = mark_of(planned, self._find_mid(planned.coin), self._now(), self._limits)
            if mark is not None and await self._marks.keep(mark):
                await self._tell(mark)

    async def _tell(self, mark: Event[SignalMarked]) -> None:
        payload = mark.payload
        result = "missed" if payload.missed is not None else "marked"
        metrics.MARKS.labels(str(payload.horizon_seconds), result).inc()
        await self._publisher.publish_all([kept(mark)])

    async def _measure(self) -> None:
        now = time.monotonic()
        if now >= self._upkeep_at:
            self._upkeep_at = now + UPKEEP_SECONDS
            figures = await self._marks.measure(self._now())
            metrics.MARKS_DUE.set(figures.due)
            metrics.MARKS_UNRECORDED.set(figures.unrecorded)
        if now >= self._scores_at:
            self._scores_at = now + SCORES_SECONDS
            scores = newest_scores(await read_scores(self._pool))
            for (model, horizon_seconds), score in scores.items():
                if score.calibration.brier is not None:
                    gauge = metrics.BRIER.labels(model, str(horizon_seconds))
                    gauge.set(float(score.calibration.brier))
