"""The lease on writing the ledger, which one coordinator holds at a time, by PostgreSQL's clock.

The lease alone would not exclude a holder that is paused and wakes up after it lapsed. So every
acquisition increments the epoch, a fencing token: the write path refuses a writer with an old one.
"""

from collections.abc import Sequence
from typing import Any, Final

from tradewind.errors import PermanentError
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import WriterPosition
from tradewind.postgres import Pool, outage_is_transient

DEFAULT_LEASE_SECONDS: Final = 3
VACANT_EPOCH: Final = 0
"""The epoch of a ledger whose lease was never acquired."""

_ACQUIRE = QUERIES["acquire_lease"]
_RENEW = QUERIES["renew_lease"]
_RELEASE = QUERIES["release_lease"]


class StaleEpoch(PermanentError):
    """Another coordinator has the lease. Nothing was written: acknowledge nothing and end."""

    code = "STALE_EPOCH"

    def __init__(self, mine: int, current: int | None = None) -> None:
        newer = "" if current is None else f", the ledger is at {current}"
        super().__init__(f"this writer's epoch is {mine}{newer}")


class Lease:
    """The writer's lease. Every method raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool, holder: str, seconds: float = DEFAULT_LEASE_SECONDS) -> None:
        self._pool = pool
        self._holder = holder
        self.seconds = seconds

    async def acquire(self) -> WriterPosition | None:
        """Take the lease if it is free or has lapsed; return the ledger's position, else None."""
        rows = await self._fetch(_ACQUIRE, self._holder, float(self.seconds))
        return WriterPosition(*rows[0]) if rows else None

    async def renew(self, epoch: int) -> None:
        """Extend the lease to its whole length from now; StaleEpoch when another holder has it."""
        if not await self._fetch(_RENEW, epoch, float(self.seconds)):
            raise StaleEpoch(epoch)

    async def release(self, epoch: int) -> None:
        """End the lease, so that a stand-by need not wait until it lapses."""
        await self._fetch(_RELEASE, epoch)

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows
