"""Keeps the read models equal to the fold of the ledger, whatever happens to Redis.

Two ways lead to a document: `project`, with the events just appended, and `catch_up`, which reads
them from the ledger wherever the mark shows that documents are missing. Both write whole documents
through the same version gate, so their order does not matter.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from tradewind.contracts.execution.payloads import StepFilled
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.cache import IntentCache, PositionsCache
from tradewind.readmodels.store import AnyDocument, DocumentStore, Span

PAGE_SIZE: Final = 500


class Projector:
    """Folds events and writes the documents they change.

    Raises TransientError while Redis or PostgreSQL is away; `catch_up` then makes up for it.
    StaleIncarnation when the database is older than what Redis shows.
    """

    def __init__(self, ledger: LedgerReader, store: DocumentStore) -> None:
        self._ledger = ledger
        self._store = store
        self._intents = IntentCache(ledger)
        self._positions = PositionsCache(ledger)
        self._one_at_a_time = asyncio.Lock()
        self._incarnation = ""

    async def project(self, incarnation: str, start: int, events: Sequence[PlacedEvent]) -> bool:
        """Write what events appended after `start` change; False when documents are missing."""
        end = events[-1].global_seq if events else start
        mark = await self._write(incarnation, Span(start, end, True), events)
        return mark >= end

    async def catch_up(self) -> int:
        """Write every document the mark does not vouch for; return how many events that took."""
        position = await self._ledger.position()
        mark = await self._store.mark()
        if mark is None or mark.incarnation != position.incarnation:
            reached, complete = 0, False
        else:
            reached, complete = mark.version, mark.complete
        count = 0
        while reached < position.last_global_seq or not complete:
            page = [
                PlacedEvent(recorded.event, recorded.global_seq)
                for recorded in await self._ledger.events_after(reached, PAGE_SIZE)
            ]
            end = page[-1].global_seq if page else reached
            complete = len(page) < PAGE_SIZE
            span = Span(reached, end, complete)
            reached = await self._write(position.incarnation, span, page)
            count += len(page)
        return count

    async def _write(self, incarnation: str, span: Span, events: Sequence[PlacedEvent]) -> int:
        async with self._one_at_a_time:
            if incarnation != self._incarnation:
                self._intents.clear()
                self._positions.clear()
                self._incarnation = incarnation
            documents: list[AnyDocument] = []
            for folded in await self._intents.fold(incarnation, events):
                documents += [one for one in (folded.intent, folded.plan) if one is not None]
            fills = [one for one in events if isinstance(one.event.payload, StepFilled)]
            documents += await self._positions.fold(incarnation, span.start, span.end, fills)
            return await self._store.write(incarnation, span, documents)
