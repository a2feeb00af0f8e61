"""Projects the ledger into the read models, and recovers when Redis lost documents.

`project` takes the events just appended; `catch_up` reads them from the ledger where the mark shows
that documents are missing. Both write whole documents through the same version gate, so it does not
matter in which order they run.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.documents.store import DocumentStore, GlobalSeqRange
from tradewind.readmodels.projection.correlation_cache import CorrelationCache
from tradewind.readmodels.projection.group_cache import GroupCache
from tradewind.readmodels.read_model import ReadModelDocument
from tradewind.runtime.loops import beat

PAGE_EVENTS: Final = 100
"""Small pages: the write path runs in the same process, and waits while one is folded."""


class Projector:
    """Folds events and writes the documents they change.

    Raises TransientError while Redis or PostgreSQL is away; a later `catch_up` writes what is
    missing. Raises StaleIncarnation when the mark in Redis is of a later incarnation.
    """

    def __init__(self, ledger: LedgerReader, store: DocumentStore) -> None:
        self._ledger = ledger
        self._store = store
        self._caches: list[CorrelationCache[Any] | GroupCache[Any]] = [
            *(CorrelationCache(ledger, fold) for fold in store.registry.correlation_folds),
            *(GroupCache(ledger, fold, store.kept) for fold in store.registry.group_folds),
        ]
        self._one_at_a_time = asyncio.Lock()
        self._incarnation = ""

    async def project(self, incarnation: str, start: int, events: Sequence[PlacedEvent]) -> bool:
        """Write the documents that events after `start` change; False if documents are missing."""
        end = events[-1].global_seq if events else start
        mark = await self._write(incarnation, GlobalSeqRange(start, end, True), events)
        return mark >= end

    async def catch_up(self) -> int:
        """Write the documents of all events after the mark; return how many events were folded.

        After each page it rests for as long as it had the processor, which recording needs, too.
        """
        position = await self._ledger.position()
        mark = await self._store.mark()
        if mark is None or mark.incarnation != position.incarnation:
            reached, complete = 0, False
        else:
            reached, complete = mark.version, mark.complete
        count = 0
        while reached < position.last_global_seq or not complete:
            beat()
            began_at = time.thread_time()
            page = [
                PlacedEvent(one.event, one.global_seq)
                for one in await self._ledger.events_after(reached, PAGE_EVENTS)
            ]
            end = page[-1].global_seq if page else reached
            complete = len(page) < PAGE_EVENTS
            recorded = GlobalSeqRange(reached, end, complete)
            reached = await self._write(position.incarnation, recorded, page)
            count += len(page)
            await asyncio.sleep(time.thread_time() - began_at)
        return count

    async def _write(
        self, incarnation: str, recorded: GlobalSeqRange, events: Sequence[PlacedEvent]
    ) -> int:
        async with self._one_at_a_time:
            if incarnation != self._incarnation:
                for cache in self._caches:
                    cache.clear()
                self._incarnation = incarnation
            documents: list[ReadModelDocument] = []
            for cache in self._caches:
                documents += await cache.documents(incarnation, recorded, events)
            return await self._store.write(incarnation, recorded, documents)
