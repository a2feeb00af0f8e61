"""Events of portfolios' histories that wait until the ledger has them."""

from typing import Final, NamedTuple

from tradewind.postgres import Pool, outage_is_transient
from tradewind.trading.book.queries import QUERIES

REST_SECONDS: Final = 1.0
"""After so long what the ledger lacks is published again, and twice as long each further time."""

_FORGET: Final = QUERIES["forget_recorded"]
_TAKE: Final = QUERIES["take_due"]
_MEASURE: Final = QUERIES["measure"]


class Due(NamedTuple):
    """An event to publish."""

    event_id: str
    correlation_id: str
    subject: str
    body: bytes
    attempts: int
    """How often it was taken, including this time."""


class BookFigures(NamedTuple):
    """How many claims are open, and what is wrong with them."""

    claims: int
    overdue: int
    overdue_seconds: float
    outbox: int


class Outbox:
    """The outbox. Every method raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take_due(self, limit: int) -> list[Due]:
        """Return events to publish that the ledger lacks, in the order of their histories."""
        with outage_is_transient():
            rows = await self._pool.fetch(_TAKE, limit, REST_SECONDS)
        return [Due(*row[3:]) for row in sorted(rows, key=lambda row: tuple(row)[:3])]

    async def forget_recorded(self) -> None:
        """Forget what the ledger has."""
        with outage_is_transient():
            await self._pool.execute(_FORGET)

    async def measure(self, grace_seconds: float) -> BookFigures:
        """Return the figures of the book; a claim is overdue so long after its intent expired."""
        with outage_is_transient():
            return BookFigures(*await self._pool.fetchrow(_MEASURE, grace_seconds))
