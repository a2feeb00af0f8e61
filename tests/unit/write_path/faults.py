"""What may go wrong with the servers; where processes die is said beside what they do."""

from collections.abc import Iterator

from tests.unit.write_path.bodies import EVENTS
from tests.unit.write_path.coordinator import Step
from tests.unit.write_path.protections import Protections
from tests.unit.write_path.state import NOTHING, State, Writer


def steps(state: State, has: Protections) -> Iterator[Step]:
    """Yield every fault that may still happen."""
    left = state.faults
    if left.takeovers:
        yield "a stand-by takes over", _elected(state.spend("takeovers"))
    if left.flushes and state.hints:
        yield "Redis forgets", state.spend("flushes")._replace(hints=frozenset())
    if left.copies:
        yield from _copies(state)
    if left.broker_losses and state.stream:
        lost = state.spend("broker_losses")
        yield (
            "the broker's store is lost",
            lost._replace(stream=NOTHING, unrecorded=NOTHING, undone=NOTHING),
        )
    if left.restores and state.backups:
        yield "the database loses its last commit", _restored(state.spend("restores"), has)


def _copies(state: State) -> Iterator[Step]:
    """Deliver again what is acknowledged, as after an acknowledgement that was lost."""
    paid = state.spend("copies")
    for body in sorted(state.stream - state.unrecorded):
        yield f"{body} comes again to the coordinator", _unacknowledged(paid, body)
    for body in sorted(state.stream - state.undone):
        if EVENTS[body].consumer:
            again = paid._replace(undone=paid.undone | {body})
            yield f"{body} comes again to its role", again


def _unacknowledged(state: State, body: str) -> State:
    return state._replace(unrecorded=state.unrecorded | {body})


def _elected(state: State) -> State:
    """Give a new writer the lease; those before live on without knowing."""
    term = state.term + 1
    writers = tuple(sorted((*state.writers, Writer(term, state.incarnation))))
    return state._replace(term=term, writers=writers)


def _restored(state: State, has: Protections) -> State:
    """Bring the last backup back; the coordinator notices, and begins a new incarnation."""
    unrecorded = state.stream if has.stream_read_again else state.unrecorded
    return _elected(
        state._replace(
            database=state.backups[-1],
            backups=state.backups[:-1],
            incarnation=state.incarnation + 1,
            unrecorded=unrecorded,
        )
    )
