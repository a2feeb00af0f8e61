"""The ledger's writer, the sweeper, and faults."""

from collections.abc import Iterator

from tests.unit.portfolio_protocol.protections import Protections
from tests.unit.portfolio_protocol.state import (
    DECISIONS,
    FILLED,
    OPEN,
    WAIT_ENDS,
    Event,
    State,
    Worker,
)

type Step = tuple[str, State]


def steps(state: State, has: Protections) -> Iterator[Step]:
    """Return what is recorded or sent again next, and what may go wrong."""
    yield from _record(state)
    yield from _send_again(state, has)
    yield from _faults(state, has)


def _recordable(state: State) -> list[Event]:
    """Return what may follow in the histories of the ledger."""
    database, found = state.database, []
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


def _record(state: State) -> Iterator[Step]:
    if state.phase == "restored":
        yield "a new incarnation begins", state._replace(phase="reading")
        return
    found = _recordable(state)
    for event in found:
        ledger = (*state.database.ledger, event)
        recorded = state.database._replace(ledger=ledger)
        yield f"records {event}", state._replace(database=recorded)
    if state.phase == "reading" and not found:
        yield "the stream is read", state._replace(phase="whole")


def _send_again(state: State, has: Protections) -> Iterator[Step]:
    database = state.database
    for intent in range(len(state.world)):
        message = ("s", intent)
        is_stalled = message in database.ledger and not database.decision(intent)
        is_told = any(one == intent and kind in DECISIONS for kind, one in state.stream)
        if has.sweeper and is_stalled and not is_told and message not in state.messages:
            yield f"sweeps {message}", state._replace(messages=state.messages | {message})


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
    lost = state._replace(stream=frozenset(), messages=again, workers=idle)
    if lost != state:
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
    )


def _awoken(worker: Worker, survives: bool, has: Protections) -> Worker:
    """A process whose transaction was lost begins anew; one that had committed may go on."""
    is_beyond = worker.step in ("committed", "published") and survives
    kept = worker if is_beyond else Worker()
    return kept._replace(is_proven=not has.fence, goal=None, needed=None)
