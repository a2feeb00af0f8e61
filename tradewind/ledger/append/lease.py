"""The right to write the ledger: one holder at a time, by PostgreSQL's clock.

Every acquisition counts the epoch up. A holder that was stopped and wakes up late carries an old
epoch, and the write path refuses it; the lease only decides who is allowed to try.
"""

from collections.abc import Sequence
from typing import Any, Final

from tradewind.errors import PermanentError
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import WriterPosition
from tradewind.postgres import Pool, outage_is_transient

DEFAULT_LEASE_SECONDS: Final = 3
VACANT_EPOCH: Final = 0
"""The epoch of a ledger nobody has written to under a lease yet."""

_ACQUIRE = QUERIES["acquire_lease"]
_RENEW = QUERIES["renew_lease"]
_RELEASE = QUERIES["release_lease"]


class StaleEpoch(PermanentError):
    """Another coordinator writes the ledger now. Nothing was written; acknowledge nothing, end."""

    code = "STALE_EPOCH"

    def __init__(self, mine: int, current: int | None = None) -> None:
        newer = "" if current is None else f", the ledger is at {current}"
        super().__init__(f"this writer's epoch is {mine}{newer}")


class Lease:
    """The writer's lease. Every method raises TransientError while PostgreSQL is away."""

    def __init__(self, pool: Pool, holder: str, seconds: float = DEFAULT_LEASE_SECONDS) -> None:
        self._pool = pool
        self._holder = holder
        self.seconds = seconds

    async def acquire(self) -> WriterPosition | None:
        """Take the lease if it is vacant or has lapsed; return where the ledger stands, or None."""
        rows = await self._fetch(_ACQUIRE, self._holder, float(self.seconds))
        return WriterPosition(*rows[0]) if rows else None

    async def renew(self, epoch: int) -> None:
        """Hold the lease for its whole length from now; StaleEpoch when another one has it."""
        if not await self._fetch(_RENEW, epoch, float(self.seconds)):
            raise StaleEpoch(epoch)

    async def release(self, epoch: int) -> None:
        """Let a stand-by take over at once."""
        await self._fetch(_RELEASE, epoch)

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows
