"""Tells what happened to wallets: each event until the ledger has it, and the same bytes always."""

import time
from collections.abc import Iterable
from typing import Final, Protocol

from actors.treasury import metrics
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.trading.treasury.announced import Announced

AGAIN_SECONDS: Final = 5.0
"""Until then the ledger may have recorded what was told."""
MAX_REMEMBERED: Final = 10_000


class Broker(Protocol):
    """Publishes events and waits until they are stored; TransientError and UnknownOutcome."""

    async def publish_all(self, events: Iterable[AnyEvent]) -> None: ...


class Announcer:
    """Publishes the openings of books, outcomes of transactions, and reports.

    Several processes may do it at once: the bytes come from rows, and copies are dropped by id.
    """

    def __init__(self, announced: Announced, publisher: Broker, chain_id: int) -> None:
        self._announced = announced
        self._publisher = publisher
        self._chain_id = chain_id
        self._told_at: dict[str, float] = {}
        self._openings: set[str] = set()
        """Ids of openings that the ledger has."""

    async def tell(self) -> None:
        """Publish what the ledger does not have; TransientError while that is not possible."""
        await self._tell_openings()
        await self._tell_outcomes()
        await self._tell_reports()

    def begin_again(self) -> None:
        """Look all of it up again: a restored ledger may have lost what it had."""
        self._openings.clear()
        self._told_at.clear()

    async def _tell_openings(self) -> None:
        events = list(map(parse_event, await self._announced.openings(self._chain_id)))
        unknown = [one for one in events if one.event_id not in self._openings]
        if unknown:
            recorded = await self._announced.recorded([one.event_id for one in unknown])
            self._openings |= recorded
            await self._publish(one for one in unknown if one.event_id not in recorded)

    async def _tell_outcomes(self) -> None:
        """Tell how transactions ended; the ledger itself says which of them it has."""
        untold = await self._announced.untold(self._chain_id)
        recorded = await self._announced.recorded(
            [one.event.event_id for one in untold if one.event is not None]
        )
        await self._publish(
            one.event
            for one in untold
            if one.event is not None and one.event.event_id not in recorded
        )
        await self._announced.note_told(untold, recorded)

    async def _tell_reports(self) -> None:
        reports = await self._announced.unrecorded_reports()
        recorded = await self._announced.recorded([event_id for event_id, _ in reports])
        if recorded:
            await self._announced.note_recorded(sorted(recorded))
        await self._publish(
            parse_event(body) for event_id, body in reports if event_id not in recorded
        )

    async def _publish(self, events: Iterable[AnyEvent]) -> None:
        now = time.monotonic()
        due = [
            one
            for one in events
            if now - self._told_at.get(one.event_id, float("-inf")) >= AGAIN_SECONDS
        ]
        if not due:
            return
        await self._publisher.publish_all(due)
        for one in due:
            self._told_at[one.event_id] = now
            metrics.TOLD.labels(one.topic).inc()
        while len(self._told_at) > MAX_REMEMBERED:
            del self._told_at[next(iter(self._told_at))]
