"""Waits until the projector has written the read models, as long as one is at work."""

import asyncio
from typing import Final

from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.documents.store import DocumentStore

MAX_SECONDS: Final = 2.0
"""After this time without progress no projector seems to run, and waiting ends."""
POLL_SECONDS: Final = 0.02


class ProjectionWait:
    """Waits for the projector; once it made no progress, further waits return at once."""

    def __init__(self, ledger: LedgerReader, store: DocumentStore) -> None:
        self._ledger = ledger
        self._store = store
        self._is_lost = False

    async def wait(self) -> None:
        """Wait until the documents include every event recorded before the call."""
        due = await self._ledger.position()
        clock = asyncio.get_running_loop().time
        reached, moved_at = -1, clock()
        while not self._is_lost:
            mark = await self._store.mark()
            version = mark.version if mark and mark.incarnation == due.incarnation else 0
            if version >= due.last_global_seq:
                return
            if version > reached:
                reached, moved_at = version, clock()
            self._is_lost = mark is None or clock() - moved_at > MAX_SECONDS
            await asyncio.sleep(POLL_SECONDS)
