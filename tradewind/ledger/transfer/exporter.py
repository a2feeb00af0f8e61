"""Writes one history as a file in memory, for whoever asks for it over a network."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Final

from tradewind.errors import PermanentError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.history.references import with_references
from tradewind.ledger.records import RecordedEvent
from tradewind.ledger.transfer.history_file import HistoryHeader, HistoryWriter
from tradewind.postgres import Pool
from tradewind.runtime import clock

MAX_FILE_BYTES: Final = 32 * 1024**2
PAGE_EVENTS: Final = 50
PAGE_REFERENCES: Final = 8
"""An observation may have as many bytes as an event, and all of a page are read at once."""


class HistoryTooLarge(PermanentError):
    """The file would be larger than one that is sent: use `tradewind history export`."""

    code = "HISTORY_TOO_LARGE"


class HistoryExporter:
    """Exports histories. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._reader = LedgerReader(pool)

    async def export(self, correlation_id: str) -> bytes | None:
        """Return a history as lines of JSON, with what its decisions refer to.

        None when nothing is recorded of it; HistoryTooLarge when it has more than MAX_FILE_BYTES.
        """
        stream = BytesIO()
        header = HistoryHeader(
            incarnation=(await self._reader.position()).incarnation,
            exported_at=clock.now(),
            selection=correlation_id,
        )
        writer = HistoryWriter(stream, header, is_plain=True)
        pages = with_references(self._reader, self._pages(correlation_id), PAGE_REFERENCES)
        async for page in pages:
            writer.add(page)
            if stream.tell() > MAX_FILE_BYTES:
                raise HistoryTooLarge(f"it has more than {MAX_FILE_BYTES} bytes")
        writer.finish()
        return stream.getvalue() if writer.events else None

    async def _pages(self, correlation_id: str) -> AsyncIterator[list[RecordedEvent]]:
        after = 0
        while page := await self._reader.history(correlation_id, after, PAGE_EVENTS):
            yield page
            after = page[-1].event.sequence
