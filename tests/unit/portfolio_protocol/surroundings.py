"""The ledger's writer, the sweeper, the treasury, an operator, and faults."""

from collections.abc import Iterator

from tests.unit.portfolio_protocol.protections import Protections
from tests.unit.portfolio_protocol.state import (
    DECISIONS,
    FILLED,
    OPEN,
    STOP,
    WAIT_ENDS,
    Database,
    Event,
    State,
    Worker,
)

type Step = tuple[str, State]


def steps(state: State, has: Protections) -> Iterator[Step]:
    """Return what is recorded or sent again next, and what may go wrong."""
    yield from _record(state, has)
    yield from _compare_wallets(state, has)
    yield from _send_again(state, has)
    yield from _stop(state)
    yield from _faults(state, has)


def _recordable(state: State) -> list[Event]:
    """Return what may follow in the histories of the ledger."""
    database, found = state.database, []
    if (STOP, 0) in state.stream and (STOP, 0) not in database.ledger:
        found.append((STOP, 0))
    for intent, outcome in enumerate(state.world):
        decision = database.decision(intent)
        if ("s", intent) not in database.ledger:
            found.append(("s", intent))
        elif not decision:
            found += _said_of(state, intent, DECISIONS)
        elif decision == "w" and not database.wait_end(intent):
            found += _said_of(state, intent, WAIT_ENDS)
        elif database.is_approved(intent) and outcome != OPEN:
            end = ("f" if outcome == FILLED else "x", intent)
            if end not in database.ledger:
                found.append(end)
    return found


def _said_of(state: State, intent: int, kinds: str) -> list[Event]:
    return [one for one in sorted(state.stream) if one[1] == intent and one[0] in kinds]


def _record(state: State, has: Protections) -> Iterator[Step]:
    database = state.database
    if state.phase == "restored":
        begun = database._replace(is_continued=True)
        if has.gap_halts and not database.is_continued:
            begun = begun._replace(is_halted=True)
        noted = _in_another_life(state._replace(database=begun, phase="reading"))
        yield "another life is noted", _forget_lost(noted, database)
        return
    if not database.is_continued:
        yield from _go_on(state, has)
        return
    found = _recordable(state)
    for event in found:
        ledger = (*database.ledger, event)
        yield f"records {event}", state._replace(database=database._replace(ledger=ledger))
    if state.phase == "reading" and not found:
        yield "the stream is read", state._replace(phase="whole")


def _go_on(state: State, has: Protections) -> Iterator[Step]:
    """A writer that lived on knows that its database is whole; one that begins does not.

    Nor does one that had not read the whole stream again after a restore.
    """
    continued = state.database._replace(is_continued=True)
    if state.phase == "whole":
        yield "goes on with the new stream", state._replace(database=continued)
    if has.gap_halts:
        halted = _in_another_life(state._replace(database=continued._replace(is_halted=True)))
        yield "a new writer halts", _forget_lost(halted, state.database)


def _in_another_life(state: State) -> State:
    """What is decided and not published yet comes too late, and everybody proves again."""
    workers = tuple(
        one._replace(
            is_stale=one.is_stale or one.step in ("committed", "said"),
            is_proven=False,
            goal=None,
            needed=None,
        )
        for one in state.workers
    )
    signer = None if state.signer is None else Worker(is_proven=False)
    return state._replace(workers=tuple(sorted(workers, key=repr)), signer=signer)


def _forget_lost(state: State, found: Database) -> State:
    """Of what only a lost stream and a lost database had, nobody can say the same again."""
    if found.is_continued:
        return state
    rows = enumerate(found.rows)
    kept = {(kind, intent) for intent, row in rows for kind in (row.kept, row.end) if kind}
    return state._replace(said=state.said & (kept | state.stream | {*found.ledger}))


def _compare_wallets(state: State, has: Protections) -> Iterator[Step]:
    """Once the ledger is read and settled, the chain tells what it lacks: then that counts."""
    database = state.database
    if not database.is_halted or state.phase != "whole":
        return
    compared = database._replace(is_halted=False)
    if has.wallets_compared:
        unknown = [
            outcome == FILLED and not database.is_approved(intent)
            for intent, outcome in enumerate(state.world)
        ]
        compared = compared._replace(answered=sum(unknown))
    yield "the wallets are compared", state._replace(database=compared)


def _send_again(state: State, has: Protections) -> Iterator[Step]:
    database = state.database
    for intent in range(len(state.world)):
        message = ("s", intent)
        is_stalled = message in database.ledger and not database.decision(intent)
        is_told = any(one == intent and kind in DECISIONS for kind, one in state.stream)
        if has.sweeper and is_stalled and not is_told and message not in state.messages:
            yield f"sweeps {message}", state._replace(messages=state.messages | {message})


def _stop(state: State) -> Iterator[Step]:
    """The state is in force, and the command answered, with the commit; the event follows."""
    if state.faults.stops and not state.is_stopped:
        stopped = state.database._replace(is_stopped=True)
        stream = state.stream | {(STOP, 0)}
        yield "STOPS TRADING", state._replace(database=stopped, stream=stream, is_stopped=True)


def _faults(state: State, has: Protections) -> Iterator[Step]:
    faults, database = state.faults, state.database
    if faults.crashes:
        for number, worker in enumerate(state.workers):
            if worker.step != "idle":
                yield "a process dies", state.at(number, Worker(is_proven=worker.is_proven))
    if faults.late_ends:
        for intent in range(len(state.world)):
            late = ("x", intent)
            if ("a", intent) in state.stream and late not in state.messages:
                yield f"a late copy {late}", state._replace(messages=state.messages | {late})
    if faults.broker_lost:
        yield from _lose_broker(state)
    if faults.restores and state.backup is None:
        yield "a backup is taken", state._replace(backup=database)
    if faults.restores and state.backup not in (None, database):
        yield "THE DATABASE IS RESTORED", _restored(state, has)


def _lose_broker(state: State) -> Iterator[Step]:
    """The stream is empty; the ingress journal has what was accepted and is not recorded."""
    ledger = state.database.ledger
    again = frozenset(("s", one) for one in range(len(state.world)) if ("s", one) not in ledger)
    idle = tuple(Worker(is_proven=one.is_proven) for one in state.workers)
    is_continued = not state.faults.gaps
    faults = state.faults._replace(broker_lost=is_continued)
    lost = state._replace(
        faults=faults,
        stream=frozenset(),
        refused=frozenset(),
        messages=again,
        workers=idle,
        database=state.database._replace(is_continued=is_continued),
        backup=state.backup and state.backup._replace(is_continued=is_continued),
    )
    if (lost.stream, lost.messages, lost.workers) != (state.stream, state.messages, state.workers):
        yield "THE BROKER'S STORE IS LOST", lost


def _restored(state: State, has: Protections) -> State:
    assert state.backup is not None
    faults = state.faults._replace(restores=state.faults.restores - 1)
    return state._replace(
        faults=faults,
        database=state.backup,
        backup=None,
        phase="restored",
        workers=tuple(_awoken(one, faults.survivors, has) for one in state.workers),
        signer=None if state.signer is None else Worker(is_proven=False),
    )


def _awoken(worker: Worker, survives: bool, has: Protections) -> Worker:
    """A process whose transaction was lost begins anew; one that had committed may go on."""
    is_beyond = worker.step in ("committed", "published") and survives
    kept = worker if is_beyond else Worker()
    return kept._replace(is_proven=not has.fence, goal=None, needed=None)
