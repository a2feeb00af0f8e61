"""Everything the portfolio stage remembers, and where: database, stream, process, world."""

from typing import NamedTuple

type Event = tuple[str, int]
"""A kind and the intent it is about: `s`creened, `a`pproved, `r`ejected, `f`illed, e`x`pired.

Of an intent that a person is asked about: it `w`aits, and the wait ends with `y`es or `n`o.
"""

NOTHING: frozenset[Event] = frozenset()
DECISIONS = "arw"
APPROVALS = "ay"
WAIT_ENDS = "yn"
STOP = "h"
"""What an operator's command to stop trading is told by; it is about no intent."""
ENDS = "fx"
OPEN, FILLED, FAILED = 0, 1, 2
"""What became of an intent in the world."""


class Row(NamedTuple):
    """The row of an intent in the book."""

    status: str = ""
    """`c`laimed, `r`ejected, `u`sed, re`l`eased; empty while there is none."""
    kept: str = ""
    """The decision whose bytes it has."""
    answer: str = ""
    """What a person said of an intent that waits."""
    end: str = ""
    """What ended its wait, whose bytes it has as well."""


class Database(NamedTuple):
    """What is committed. Ledger and book are restored together."""

    ledger: tuple[Event, ...] = ()
    rows: tuple[Row, ...] = ()
    cursor: int = 0
    is_continued: bool = True
    """Whether the ledger was written from the stream there is, and not from one that is lost."""
    is_halted: bool = False
    """Whether trading is halted because a part of the history is lost."""
    answered: int = 0
    """How many intents only the chain told of; an operator answers for them, and they count."""
    is_stopped: bool = False
    """Whether an operator has stopped trading, as far as the book's table of states knows."""

    def decision(self, intent: int) -> str:
        """Return the recorded decision about an intent."""
        return next((kind for kind, one in self.ledger if one == intent and kind in DECISIONS), "")

    def wait_end(self, intent: int) -> str:
        """Return the recorded end of an intent's wait."""
        return next((kind for kind, one in self.ledger if one == intent and kind in WAIT_ENDS), "")

    def is_read(self, event: Event) -> bool:
        """Return whether the ledger has this event of the stage, or another one in its place."""
        kind, intent = event
        if event in self.ledger or kind == STOP:
            return event in self.ledger
        return bool(self.wait_end(intent) if kind in WAIT_ENDS else self.decision(intent))

    def is_approved(self, intent: int) -> bool:
        """Return whether an approval is recorded."""
        return any(one == intent and kind in APPROVALS for kind, one in self.ledger)

    def with_row(self, intent: int, row: Row) -> "Database":
        rows = self.rows
        return self._replace(rows=(*rows[:intent], row, *rows[intent + 1 :]))


class Worker(NamedTuple):
    """A process of the stage, and how far it is with a message."""

    step: str = "idle"
    """idle, holding, read, decided, committed or published."""
    message: Event | None = None
    decision: str = ""
    has_room: bool = False
    """What it has read, where it decides without a lock."""
    is_stale: bool = False
    """Whether it decided in a life of the database that is over."""
    is_proven: bool = True
    goal: frozenset[Event] | None = None
    """What the stream had when it first saw this database; None before it looked."""
    needed: int | None = None
    """How far the ledger went when it had read that."""


class Faults(NamedTuple):
    """What may happen, as often as it likes; restores are counted."""

    crashes: bool = False
    """A process ends between any two steps."""
    broker_lost: bool = False
    """The broker's store is gone; what is not recorded comes again from journals and sweeper."""
    late_ends: bool = False
    """A copy of an end arrives that the ledger sets aside, because the intent went on."""
    restores: int = 0
    """The database is as it was at some earlier time."""
    survivors: bool = False
    """A process lives on, and goes on where it was, while the database is restored."""
    gaps: bool = False
    """A writer that begins cannot tell whether the database was restored when a store is lost. It
    is lost once then."""
    stops: bool = False
    """An operator stops trading, once."""


class State(NamedTuple):
    """One state of the whole."""

    faults: Faults
    cap: int
    outcomes: tuple[int, ...]
    """What the world may make of an approved intent."""
    database: Database
    workers: tuple[Worker, ...]
    messages: frozenset[Event]
    stream: frozenset[Event] = NOTHING
    world: tuple[int, ...] = ()
    said: frozenset[Event] = NOTHING
    """Every decision that was ever published."""
    waits: bool = False
    """Whether a person is asked about every intent that there is room for."""
    backup: Database | None = None
    phase: str = "whole"
    """whole, restored (nobody has noticed) or reading (the ledger reads the stream again)."""
    refused: frozenset[Event] = NOTHING
    """Decisions in the stream that are not recorded, for they came too late. They are heard."""
    signer: Worker | None = None
    """The process that signs, as far as it has proven the database; None where it always has."""
    is_stopped: bool = False
    """Whether the operator was told that trading is stopped."""
    has_signed_stopped: bool = False
    """Whether something was signed after that."""

    def at(self, number: int, worker: Worker) -> "State":
        """Return the state with another process in this place; processes are alike."""
        workers = [*self.workers[:number], worker, *self.workers[number + 1 :]]
        return self._replace(workers=tuple(sorted(workers, key=repr)))


def is_heard(state: State, intent: int) -> bool:
    """Return whether the stream has an approval that can be recorded."""
    return any((kind, intent) in state.stream for kind in APPROVALS)


def is_refused(state: State, intent: int) -> bool:
    """Return whether the stream has an approval that is never recorded: planners hear it."""
    return any((kind, intent) in state.refused for kind in APPROVALS)
