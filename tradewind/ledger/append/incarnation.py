"""Detects a database that lost commits, and gives it a new incarnation; and a gap in its history.

The coordinator acknowledges an event and shows it in Redis only after its commit. So a database
that is behind the consumer's acknowledgements, or behind Redis, was restored from a backup or is a
replica that lost its primary's last commits. Under the new incarnation hints and documents of the
old one are ignored, and the whole stream is read again to recover what was lost.

That recovers all of it only if the stream is the one the ledger was written from, and reaches back
to where the ledger ends. If not, what lies in between is in neither: a gap.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from tradewind.errors import PermanentError
from tradewind.ledger.append.lease import StaleEpoch
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import WriterPosition
from tradewind.postgres import Connection, Pool, outage_is_transient

_BEGIN = QUERIES["begin_incarnation"]
_BEGIN_STREAM = QUERIES["begin_stream"]
_SKIP_GAP = QUERIES["skip_gap"]
_WRITTEN = QUERIES["select_written"]
_TOKEN = QUERIES["select_token"]
_LIFE = QUERIES["select_life"]
_NOTE_LIFE = QUERIES["note_life"]
_BEGIN_LIFE = QUERIES["begin_life"]


class HistoryLost(PermanentError):
    """The ledger lost commits, so its database was restored. Begin a new incarnation."""

    code = "HISTORY_LOST"


class StreamPosition(NamedTuple):
    """A sequence in a stream. `created` tells the stream from a later one of the same name."""

    created: str
    sequence: int


UNKNOWN_POSITION: Final = StreamPosition("", 0)
"""The position of a ledger that was last written to by a release without positions."""


class StreamRange(NamedTuple):
    """What a stream holds; `created` tells the stream from a later one of the same name."""

    created: str
    first: int
    """The sequence of its oldest message; that of the next one when it is empty."""
    last: int


class FencingToken(NamedTuple):
    """What decisions published after the last break in the ledger's history have to carry."""

    token: str
    created: str
    """The stream in which it counts; empty while there was no break."""
    sequence: int
    """Up to here in that stream decisions are taken without it."""

    def admits(self, carried: str, place: StreamPosition) -> bool:
        """Return whether a decision is recorded that carries a token and is at this place.

        Later ones were made in a database that is gone, by a process that has not noticed. Earlier
        ones were in the stream when the database was proven to have all that is in there.
        """
        if not self.created or carried == self.token:
            return True
        return place.created == self.created and place.sequence <= self.sequence


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


def find_gap(written: StreamPosition, stream: StreamRange, *, is_lost: bool) -> str:
    """Return a description of what ledger and stream both lack; empty when nothing is missing.

    No restart of anything looks like a gap: it takes a store that was lost, or a database so old
    that the stream has let go of what came after it. `is_lost` says that commits are known to be
    missing; only then a ledger that was written from no stream is none that begins.
    """
    if written == UNKNOWN_POSITION:
        return "it was restored to what it was before its first event" if is_lost else ""
    if written.created != stream.created:
        return f"the stream it was written from up to {written.sequence} is lost"
    if written.sequence and stream.first > written.sequence + 1:
        return f"it was written up to {written.sequence}, the stream begins at {stream.first}"
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

    async def is_noted(self) -> bool:
        """Return whether the life of the database is the one of the newest token."""
        return bool((await self._fetch(_LIFE))[0]["is_noted"])

    async def begin_life(self, epoch: int, stream_created: str, stream_end: int) -> None:
        """Note a life of the database; decisions beyond the end need the new token of it.

        The first one that is noted needs none. StaleEpoch as in `begin`.
        """
        if (await self._fetch(_LIFE))[0]["is_any"]:
            await self._change(None, _BEGIN_LIFE, epoch, stream_created, stream_end)
        else:
            await self._change(None, _NOTE_LIFE, epoch)

    async def token(self) -> FencingToken:
        """Return what decisions have to carry."""
        return FencingToken(*(await self._fetch(_TOKEN))[0])

    async def begin(
        self,
        epoch: int,
        after: str,
        stream_created: str,
        stream_end: int = 0,
        *,
        connection: Connection | None = None,
    ) -> WriterPosition:
        """Begin an incarnation that sorts after the present one and `after`.

        It raises StaleEpoch when another coordinator has the lease. It also sets the position to 0,
        so that `find_loss` finds the loss again until an event of the stream is recorded: if this
        coordinator dies before that, its successor does the rest. Decisions beyond the `stream_end`
        need the new token.
        """
        return await self._change(connection, _BEGIN, epoch, after, stream_created, stream_end)

    async def begin_stream(self, epoch: int, stream_created: str) -> WriterPosition:
        """Go on from the beginning of another stream that lacks nothing; StaleEpoch as `begin`."""
        return await self._change(None, _BEGIN_STREAM, epoch, stream_created)

    async def skip_gap(
        self, epoch: int, stream_created: str, stream_end: int, connection: Connection
    ) -> WriterPosition:
        """Go on behind a gap, at the beginning of the stream; StaleEpoch and token as `begin`."""
        return await self._change(connection, _SKIP_GAP, epoch, stream_created, stream_end)

    async def _change(
        self, connection: Connection | None, query: str, epoch: int, *arguments: object
    ) -> WriterPosition:
        if connection is None:
            rows = await self._fetch(query, epoch, *arguments)
        else:
            rows = await connection.fetch(query, epoch, *arguments)
        if not rows:
            raise StaleEpoch(epoch)
        return WriterPosition(*rows[0])

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows
