"""Shows in the read models what the ledger recorded, beside the write path.

The write path hands over what it committed and never waits for the answer. What is handed over
faster than Redis takes it is dropped and read from the ledger again, from the mark on.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from tradewind.ledger.append.writer import AppendResult
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.projection.projector import PAGE_EVENTS, Projector
from tradewind.readmodels.rebuild.scrubber import Scrubber
from tradewind.runtime.loops import beat, pulse
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import is_set_within

CHECK_SECONDS: Final = 1.0
MIN_REST_SECONDS: Final = 0.02
MAX_REST_SECONDS: Final = 0.1
REST_PER_WRITE: Final = 4.0
"""Between two writes it rests so many times as long as the last one took, within these bounds:
documents are whole, so what comes meanwhile costs one write together, and the busier the machine,
the more comes. An event that comes after a rest is shown at once, and a page that is full ends
it."""
MAX_HANDED_EVENTS: Final = 2_000
"""What is kept in memory for a projection that lags; beyond it, it reads from the ledger."""

logger = structlog.get_logger("coordinator")


class Projection:
    """Keeps the read models complete. One task projects, so no page waits for another."""

    def __init__(
        self, ledger: LedgerReader, store: DocumentStore, projector: Projector, scrubber: Scrubber
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._projector = projector
        self._scrubber = scrubber
        self._handed = deque[AppendResult]()
        self._handed_events = 0
        self._awake = asyncio.Event()
        self._has_page = asyncio.Event()
        """Set while a page or more is handed over."""
        self._is_behind = True
        """Whether read models lack an event that was not handed over, or was dropped."""
        self._idle = asyncio.Event()
        self._due = 0
        self._next_check_at = 0.0
        self._outage = Outage("read models")

    def hand_over(self, result: AppendResult) -> None:
        """Take what a batch appended; it never waits and never fails."""
        if not result.appended:
            return
        self._idle.clear()
        self._handed.append(result)
        self._handed_events += len(result.appended)
        if self._handed_events > MAX_HANDED_EVENTS:
            self._fall_behind()
        elif self._handed_events >= PAGE_EVENTS:
            self._has_page.set()
        self._awake.set()

    async def is_finished_within(self, seconds: float) -> bool:
        """Wait until everything handed over is shown, for `seconds` at most; return whether."""
        return await is_set_within(self._idle, seconds)

    async def run(self) -> None:
        """Project until cancelled, whatever fails: recording does not depend on it."""
        with pulse(self._outage.dependency) as alive:
            while True:
                try:
                    alive.beat()
                    await self._show()
                    await self._look_after()
                except Exception as error:
                    alive.fail()
                    self._fall_behind()
                    await asyncio.sleep(self._outage.failed(error))
                else:
                    await is_set_within(self._awake, CHECK_SECONDS)

    def _fall_behind(self) -> None:
        self._idle.clear()
        self._is_behind = True
        self._handed.clear()
        self._handed_events = 0

    async def _show(self) -> None:
        """Write what is missing, then what was handed over, until nothing is left."""
        clock = asyncio.get_running_loop().time
        while self._is_behind or self._handed:
            beat()
            began_at = clock()
            if self._is_behind:
                self._fall_behind()
                self._is_behind = False
                await self._catch_up()
            elif not await self._project(self._take()):
                self._is_behind = True
            elif self._handed_events < PAGE_EVENTS:
                self._has_page.clear()
                await self._look_after()
                await is_set_within(self._has_page, rest_seconds(clock() - began_at))
        self._awake.clear()
        self._idle.set()

    def _take(self) -> list[AppendResult]:
        """Return what was handed over first, with what follows it and fits into one page.

        An idle ledger has one batch here; a loaded one has those that came while one was written.
        """
        taken = [self._handed.popleft()]
        count = len(taken[0].appended)
        while self._handed and _follows(self._handed[0], taken[-1]):
            count += len(self._handed[0].appended)
            if count > PAGE_EVENTS:
                break
            taken.append(self._handed.popleft())
        return taken

    async def _project(self, results: Sequence[AppendResult]) -> bool:
        appended = [placed for result in results for placed in result.appended]
        self._handed_events -= len(appended)
        first = results[0]
        return await self._projector.project(
            first.position.incarnation, first.previous_global_seq, appended
        )

    async def _catch_up(self) -> None:
        if count := await self._projector.catch_up():
            logger.info("read models caught up", events=count)

    async def _look_after(self) -> None:
        """Note that all was written, and check what is due: also where there is always more."""
        await self._check_if_due()
        self._outage.succeeded()

    async def _check_if_due(self) -> None:
        """Notice documents that are missing, and validate some of the others."""
        now = asyncio.get_running_loop().time()
        if now < self._next_check_at:
            return
        self._next_check_at = now + CHECK_SECONDS
        position = await self._ledger.position()
        mark = await self._store.mark()
        reached = mark.version if mark and mark.incarnation == position.incarnation else 0
        if reached < self._due:
            self._is_behind = True
            self._awake.set()
        # Events recorded until now have to be in the read models by the next check.
        self._due = position.last_global_seq
        if repaired := await self._scrubber.step():
            logger.warning("damaged read models repaired", keys=repaired)


def rest_seconds(write_seconds: float) -> float:
    """Return for how long to rest after a write that took so long."""
    return min(max(REST_PER_WRITE * write_seconds, MIN_REST_SECONDS), MAX_REST_SECONDS)


def _follows(result: AppendResult, before: AppendResult) -> bool:
    """Return whether a result goes on where the one before ended, in the same incarnation."""
    return (
        result.position.incarnation == before.position.incarnation
        and result.previous_global_seq == before.position.last_global_seq
    )
