"""Notes when anything was seen signed or executed first, look by look.

No clock is compared: what a look does not have was committed after that look began.
"""

import asyncio
from typing import Final, Protocol

from tests.chaos.administrator import Row

SIGNED: Final = """
SELECT plan_id AS name FROM slots
UNION
SELECT tx_hash FROM paper_transactions
WHERE convert_from(record, 'UTF8')::json ->> 'outcome' NOT IN ('abandoned', 'cancelled', 'refused')
"""
"""Plans whose transactions have a nonce, and orders that the simulated venue took."""


class Tables(Protocol):
    """The tables of the platform."""

    async def fetch(self, query: str, /) -> list[Row]: ...


class Signatures:
    """Looks at the wallet's journal and the simulated venue, one look after the other."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._lock = asyncio.Lock()
        self.first_seen: dict[str, int] = {}
        """The number of the first look that saw it, by plan or by hash of an order."""
        self.looks = 0

    async def look(self) -> int:
        """Look, and return the number of this look."""
        async with self._lock:
            rows = await self._tables.fetch(SIGNED)
            self.looks += 1
            for row in rows:
                self.first_seen.setdefault(row["name"], self.looks)
            return self.looks
