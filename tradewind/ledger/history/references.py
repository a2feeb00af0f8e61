"""Adds to histories the observations their decisions refer to, so that an export is complete."""

from collections.abc import AsyncIterator, Iterable
from itertools import batched
from typing import Final

from tradewind.contracts.inputs import OBSERVATION_PREFIX, references_of
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import RecordedEvent

PAGE_REFERENCES: Final = 100


async def with_references(
    reader: LedgerReader,
    pages: AsyncIterator[list[RecordedEvent]],
    references_at_once: int = PAGE_REFERENCES,
) -> AsyncIterator[list[RecordedEvent]]:
    """Return the pages, and after them the observations they refer to and do not contain."""
    seen, wanted = set[str](), dict[str, None]()
    async for page in pages:
        _collect(page, seen, wanted)
        yield page
    while missing := [one for one in wanted if one not in seen]:
        seen.update(missing)
        for names in batched(missing, references_at_once):
            histories = await reader.histories(names)
            page = [recorded for history in histories.values() for recorded in history]
            _collect(page, seen, wanted)
            yield page


def _collect(page: Iterable[RecordedEvent], seen: set[str], wanted: dict[str, None]) -> None:
    for recorded in page:
        if recorded.event.correlation_id.startswith(OBSERVATION_PREFIX):
            seen.add(recorded.event.correlation_id)
        wanted.update(dict.fromkeys(references_of(recorded.event.payload)))
