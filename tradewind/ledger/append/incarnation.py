"""Which copy of the history this database is, and how one that lost commits is recognised.

What is acknowledged or shown was committed before. A database that is behind what the stream's
consumer acknowledged, or behind what Redis shows, was restored from a backup or is a replica that
lost its primary's last commits. It gets a new incarnation: hints and documents of the old one count
for nothing, and the whole stream is read again.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from tradewind.errors import PermanentError
from tradewind.ledger.append.lease import StaleEpoch
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import WriterPosition
from tradewind.postgres import Pool, outage_is_transient

_BEGIN = QUERIES["begin_incarnation"]
_WRITTEN = QUERIES["select_written"]


class HistoryLost(PermanentError):
    """The ledger is shorter than it was: its database was restored. Begin a new incarnation."""

    code = "HISTORY_LOST"


class StreamPosition(NamedTuple):
    """A place in a stream. Another stream of the same name was created at another time."""

    created: str
    sequence: int


UNKNOWN_POSITION: Final = StreamPosition("", 0)
"""Of a ledger nobody has written to since positions are kept."""


class ShownPosition(NamedTuple):
    """What the read models show."""

    incarnation: str
    global_seq: int


def find_loss(
    recorded: WriterPosition,
    written: StreamPosition,
    acknowledged: StreamPosition,
    shown: ShownPosition | None,
) -> str:
    """Say what this copy of the ledger must have lost; empty when nothing shows a loss."""
    reached = written.sequence if written.created == acknowledged.created else 0
    # Old ledgers do not say how far they were written. An empty one does: to nowhere.
    is_known = written != UNKNOWN_POSITION or recorded.last_global_seq == 0
    if is_known and acknowledged.sequence > reached:
        return (
            f"the stream is acknowledged up to {acknowledged.sequence}, "
            f"the ledger was written up to {reached}"
        )
    if shown is None or shown.incarnation < recorded.incarnation:
        return ""
    if shown.incarnation > recorded.incarnation:
        return f"read models are of the later incarnation {shown.incarnation}"
    if shown.global_seq > recorded.last_global_seq:
        return (
            f"read models show global_seq {shown.global_seq}, "
            f"the ledger ends at {recorded.last_global_seq}"
        )
    return ""


class Incarnations:
    """The writer row's part in it. Raises TransientError while PostgreSQL is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def written(self) -> StreamPosition:
        """Return how far into the stream the ledger was written."""
        return StreamPosition(*(await self._fetch(_WRITTEN))[0])

    async def begin(self, epoch: int, after: str, stream_created: str) -> WriterPosition:
        """Begin an incarnation later than the present one and `after`; StaleEpoch when not ours.

        Until something of the stream is recorded under it, `find_loss` goes on finding the loss:
        who dies before the stream is read again leaves the rest to the next one.
        """
        rows = await self._fetch(_BEGIN, epoch, after, stream_created)
        if not rows:
            raise StaleEpoch(epoch)
        return WriterPosition(*rows[0])

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows
