"""Keeps a process from deciding on a database that may lack commits.

Ledger and book are one database, so a restored one agrees with itself. What it lacks is in the
stream: approvals that were published, and claims nobody remembers. So a process decides only on a
database in which the ledger has read the stream up to where it ended when the process first saw
that database, and in which the book follows the ledger up to there: then every approval is back.
A database is restored under another name or by another server, so each new one is proven once.

What stream and database both lack is nobody's to prove here: whoever records halts trading before
he goes on with another stream, and until he does the ledger was not written from that one.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import structlog

from tradewind.errors import NotYet
from tradewind.trading.book import metrics
from tradewind.trading.book.records import Observed

DELAY_MS: Final = 250

logger = structlog.get_logger("portfolio")


class Fenced(NotYet):
    """The database was not proven to have every approval yet. It waits for the coordinator."""

    code = "FENCED"

    def __init__(self) -> None:
        super().__init__(DELAY_MS)


class StreamEnd(NamedTuple):
    """Where the stream of events ends; `created` tells it from a later one of the same name."""

    created: str
    sequence: int


FindStreamEnd = Callable[[], Awaitable[StreamEnd]]


class _Goal(NamedTuple):
    """What a database has to have before anything is decided on it."""

    server: str
    incarnation: str
    token: str
    stream: StreamEnd
    global_seq: int | None = None
    """How far the ledger went when it had read the stream up to there; None before that."""


class Fence:
    """Knows on which database this process may decide. At first that is none."""

    def __init__(self) -> None:
        self._proven: Observed | None = None
        self._goal: _Goal | None = None
        metrics.FENCED.set(1)

    @property
    def is_proven(self) -> bool:
        """Whether this process decides."""
        return self._proven is not None

    @property
    def known_commits(self) -> int:
        """How many commits the proven database has at least: to be read before it is asked."""
        return 0 if self._proven is None else self._proven.commits

    def check(self, seen: Observed, known_commits: int) -> None:
        """Raise Fenced unless the database is the proven one and has all of its commits."""
        if not self.holds(seen, known_commits):
            raise Fenced

    def holds(self, seen: Observed, known_commits: int) -> bool:
        """Return whether the database is the proven one and has all of its commits."""
        proven = self._proven
        if proven is None or not _is_same(proven, seen):
            return False
        if seen.commits < known_commits:
            logger.critical(
                "the database was restored: nothing is decided until the ledger is complete",
                commits=seen.commits,
                known_commits=known_commits,
            )
            self._doubt()
            return False
        # Two answers may come in another order than they were given.
        if seen.commits > proven.commits:
            self._proven = seen
        return True

    async def prove(
        self, seen: Observed, known_commits: int, find_stream_end: FindStreamEnd
    ) -> bool:
        """Return whether the database is proven, after what was seen of it now."""
        if self.holds(seen, known_commits):
            return True
        self._doubt()
        goal = self._goal
        if not seen.is_noted:
            self._goal = None
            return False
        if goal is None or goal[:3] != _life_of(seen):
            goal = _Goal(*_life_of(seen), await find_stream_end())
            logger.info("waits for the ledger to be complete", stream_sequence=goal.stream.sequence)
        elif goal.global_seq is None and not _has_read(seen, goal.stream):
            # The broker's store may be lost meanwhile: a new stream has other sequences.
            end = await find_stream_end()
            goal = goal if end.created == goal.stream.created else goal._replace(stream=end)
        if goal.global_seq is None and _has_read(seen, goal.stream):
            goal = goal._replace(global_seq=seen.last_global_seq)
        self._goal = goal
        if goal.global_seq is None or seen.settled < goal.global_seq:
            return False
        self._goal, self._proven = None, seen
        metrics.FENCED.set(0)
        logger.info("decides", incarnation=seen.incarnation, global_seq=seen.settled)
        return True

    def _doubt(self) -> None:
        self._proven = None
        metrics.FENCED.set(1)


def _is_same(proven: Observed, seen: Observed) -> bool:
    return _life_of(proven) == _life_of(seen)


def _life_of(seen: Observed) -> tuple[str, str, str]:
    """Return what a database has another one of after it was restored, or a part was lost."""
    return seen.server, seen.incarnation, seen.token


def _has_read(seen: Observed, end: StreamEnd) -> bool:
    """Return whether the ledger has every event of the stream up to its end.

    Of an empty stream too it has to be known that the ledger goes on with that one; a ledger that
    has nothing yet lacks nothing.
    """
    if seen.stream_created == end.created:
        return seen.stream_sequence >= end.sequence
    return not end.sequence and not seen.last_global_seq and not seen.stream_sequence
