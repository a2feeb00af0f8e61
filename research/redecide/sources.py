"""Sources of recorded events: the ledger, or a file exported from it."""

from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Final, Protocol

from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.inputs import OBSERVATION_PREFIX
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.transfer import history_file

PAGE_EVENTS: Final = 500


class Source(Protocol):
    """Recorded events, and the observations they refer to."""

    def pages(self) -> AsyncIterator[list[AnyEvent]]:
        """Return the selected events, each history in its order."""
        ...

    async def observations(self, correlation_ids: Collection[str]) -> list[AnyEvent]:
        """Return the events of these histories, without those the source does not have."""
        ...


class LedgerSource:
    """The histories of some correlations, or those with an event recorded in a time range."""

    def __init__(
        self,
        reader: LedgerReader,
        correlation_ids: Iterable[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        self._reader = reader
        self._range = since, until
        self._correlations: list[str | None] = [*correlation_ids] or [None]

    async def pages(self) -> AsyncIterator[list[AnyEvent]]:
        """Return the events in the order they were recorded, correlation by correlation."""
        for correlation_id in self._correlations:
            async for page in self._reader.selected(correlation_id, *self._range):
                yield [recorded.event for recorded in page]

    async def observations(self, correlation_ids: Collection[str]) -> list[AnyEvent]:
        """Return the observations of these histories that the ledger has."""
        if not correlation_ids:
            return []
        histories = await self._reader.histories(correlation_ids)
        return [recorded.event for history in histories.values() for recorded in history]


class FileSource:
    """An exported file, or some correlations of it; UnreadableHistory when it is damaged."""

    def __init__(self, path: Path, correlation_ids: Collection[str] = ()) -> None:
        self._path = path
        self._wanted = frozenset(correlation_ids)
        # Observations may follow the events that refer to them, so all are read first, as bytes.
        self._observations = {
            incoming.event.correlation_id: incoming.body
            for incoming in history_file.read_events(path)
            if incoming.event.correlation_id.startswith(OBSERVATION_PREFIX)
        }

    async def pages(self) -> AsyncIterator[list[AnyEvent]]:
        """Return the events in the order of the file."""
        events = (incoming.event for incoming in history_file.read_events(self._path))
        wanted = (one for one in events if not self._wanted or one.correlation_id in self._wanted)
        for page in batched(wanted, PAGE_EVENTS):
            yield list(page)

    async def observations(self, correlation_ids: Collection[str]) -> list[AnyEvent]:
        """Return the observations of these histories that the file has."""
        kept = self._observations
        return [parse_event(kept[one]) for one in correlation_ids if one in kept]
