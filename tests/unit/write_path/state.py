"""Everything the write path remembers, and where: process, database, broker, Redis, chain."""

from typing import NamedTuple

from tests.unit.write_path.bodies import EVENTS, FIRST, Body, Decision, Identity

NOTHING: frozenset[Body] = frozenset()

type Signature = tuple[int, Body]
"""A nonce, and the plan that was signed at it."""


class Claim(NamedTuple):
    """The row of the intent in its portfolio's book."""

    decision: Decision = ""
    """The decision whose bytes it has; empty while there is none."""
    status: str = ""
    """claimed, used, released or rejected."""


class Database(NamedTuple):
    """What is committed. Ledger, decisions, book and signatures are restored together."""

    log: str = ""
    parked: frozenset[Body] = NOTHING
    set_aside: frozenset[Body] = NOTHING
    kept: Decision | None = None
    """What the instrument stage decided."""
    claim: Claim = Claim()
    """What the portfolio stage decided, and what became of that."""
    signed: frozenset[Signature] = frozenset()


def head_of(log: str) -> Identity | None:
    """Return the id of the last event of a log."""
    return EVENTS[log[-1]].identity if log else None


class Writer(NamedTuple):
    """A coordinator: the one whose term is current, or a zombie that does not know better."""

    term: int
    incarnation: int
    phase: str = "idle"
    """idle, held (it has a message), stored (its event is committed) or known (Redis said so)."""
    message: Body = ""
    view: str | None = None
    """The log as it was when the message came, for a writer that decides without a lock."""


class Worker(NamedTuple):
    """A process of one of the two stages of risk."""

    phase: str = "idle"
    """idle, decided, or publishing."""
    decision: Decision = ""
    published: int = 0
    message: Body = ""
    """The screening that a process of the portfolio stage has."""


class Faults(NamedTuple):
    """How often each may still happen."""

    crashes: int = 0
    """A process ends anywhere, and is started again."""
    copies: int = 0
    """A message comes again, or a publication is stored again because the duplicate window is
    over: whoever hears it decides anew."""
    takeovers: int = 0
    """A stand-by takes the lease while the writer lives on."""
    flushes: int = 0
    """Redis forgets."""
    restores: int = 0
    """The database is as it was before its last commit."""
    broker_losses: int = 0
    """The broker's store is gone."""


class State(NamedTuple):
    """One state of the whole."""

    faults: Faults
    database: Database = Database()
    backups: tuple[Database, ...] = ()
    """What a restore may bring back, the latest last."""
    stream: frozenset[Body] = frozenset({FIRST})
    unrecorded: frozenset[Body] = frozenset({FIRST})
    """Messages the coordinator has not acknowledged."""
    undone: frozenset[Body] = frozenset({FIRST})
    """Messages a role has not acknowledged."""
    hints: frozenset[tuple[int, Body]] = frozenset()
    term: int = 1
    incarnation: int = 1
    writers: tuple[Writer, ...] = (Writer(1, 1),)
    workers: tuple[Worker, ...] = (Worker(),)
    """The processes of the instrument stage."""
    portfolios: tuple[Worker, ...] = (Worker(),)
    """The processes of the portfolio stage."""
    broadcast: frozenset[Signature] = frozenset()
    """Every transaction a node was ever given."""
    mined: frozenset[int] = frozenset()
    """Nonces the chain has counted."""

    def commit(self, database: Database) -> "State":
        """Commit a transaction; a backup is kept while a restore may still come."""
        if database == self.database:
            return self
        depth = self.faults.restores
        backups = (*self.backups, self.database)[-depth:] if depth else ()
        return self._replace(database=database, backups=backups)

    def spend(self, fault: str) -> "State":
        """Let a fault happen once."""
        left = getattr(self.faults, fault) - 1
        return self._replace(faults=self.faults._replace(**{fault: left}))

    def store(self, body: Body) -> "State":
        """Put a message into the stream, for the coordinator and for the role that consumes it."""
        to_do = self.undone | {body} if EVENTS[body].consumer else self.undone
        return self._replace(
            stream=self.stream | {body}, unrecorded=self.unrecorded | {body}, undone=to_do
        )

    def publish(self, body: Body) -> "list[State]":
        """Publish an event: inside the duplicate window the broker drops what has its id."""
        identity = EVENTS[body].identity
        if all(EVENTS[one].identity != identity for one in self.stream):
            return [self.store(body)]
        late = [self.spend("copies").store(body)] if self.faults.copies else []
        return [self, *late]
