"""How far the ledger was a moment ago, which documents in Redis have to show to be served."""

from typing import Final

from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import WriterPosition
from tradewind.readmodels.documents.store import ProjectionMark

REFRESH_SECONDS: Final = 0.5


class DuePosition:
    """Remembers the ledger's position as of the refresh before the last one.

    The projection is always a few events behind, and is given the time between two refreshes.
    """

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger
        self._newest: WriterPosition | None = None
        self._due: WriterPosition | None = None

    async def refresh(self) -> None:
        """Read the position, every REFRESH_SECONDS; TransientError while PostgreSQL is away."""
        position = await self._ledger.position()
        self._due, self._newest = self._newest or position, position

    def is_shown(self, mark: ProjectionMark) -> bool:
        """Return whether documents up to this mark are new enough, as far as is known."""
        due = self._due
        return due is None or (
            mark.incarnation == due.incarnation and mark.version >= due.last_global_seq
        )
