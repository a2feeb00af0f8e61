"""Detects a database that lost commits, and gives it a new incarnation.

The coordinator acknowledges an event and shows it in Redis only after its commit. So a database
that is behind the consumer's acknowledgements, or behind Redis, was restored from a backup or is a
replica that lost its primary's last commits. Under the new incarnation hints and documents of the
old one are ignored, and the whole stream is read again to recover what was lost.
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
    """The ledger lost commits, so its database was restored. Begin a new incarnation."""

    code = "HISTORY_LOST"


class StreamPosition(NamedTuple):
    """A sequence in a stream. `created` tells the stream from a later one of the same name."""

    created: str
    sequence: int


UNKNOWN_POSITION: Final = StreamPosition("", 0)
"""The position of a ledger that was last written to by a release without positions."""


class ShownPosition(NamedTuple):
    """How far the read models go."""

    incarnation: str
    global_seq: int


def find_loss(
    recorded: WriterPosition,
    written: StreamPosition,
    acknowledged: StreamPosition,
    shown: ShownPosition | None,
) -> str:
    """Return a description of what the ledger lost; empty when nothing proves a loss."""
    reached = written.sequence if written.created == acknowledged.created else 0
    # An old ledger has no position to compare. That of an empty one is known even so: it is 0.
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
    """Reads and changes the incarnation in the writer row.

    Every method raises TransientError while PostgreSQL is unavailable.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def written(self) -> StreamPosition:
        """Return the position in the stream up to which the ledger has its events."""
        return StreamPosition(*(await self._fetch(_WRITTEN))[0])

    async def begin(self, epoch: int, after: str, stream_created: str) -> WriterPosition:
        """Begin an incarnation that sorts after the present one and `after`.

        It raises StaleEpoch when another coordinator has the lease. It also sets the position to 0,
        so that `find_loss` finds the loss again until an event of the stream is recorded: if this
        coordinator dies before that, its successor does the rest.
        """
        rows = await self._fetch(_BEGIN, epoch, after, stream_created)
        if not rows:
            raise StaleEpoch(epoch)
        return WriterPosition(*rows[0])

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows
