"""The coordinator: from a message to its acknowledgement, with takeovers and zombies."""

from collections.abc import Iterator

from tests.unit.write_path.bodies import EVENTS, Body, sequence
from tests.unit.write_path.protections import Protections
from tests.unit.write_path.state import Database, State, Writer, head_of

type Step = tuple[str, State]


def steps(state: State, has: Protections) -> Iterator[Step]:
    """Yield what every writer may do next."""
    for place, writer in enumerate(state.writers):
        for name, after, successor in _of_writer(state, writer, has):
            writers = (*state.writers[:place], *after, *state.writers[place + 1 :])
            yield name, successor._replace(writers=tuple(sorted(writers)))


def _of_writer(
    state: State, writer: Writer, has: Protections
) -> Iterator[tuple[str, tuple[Writer, ...], State]]:
    idle = writer._replace(phase="idle", message="", view=None)
    body = writer.message
    if writer.phase == "idle":
        for message in sorted(state.unrecorded):
            yield from _receive(state, writer, message, has)
        return
    if state.faults.crashes:
        yield f"writer dies with {body} {writer.phase}", (idle,), state.spend("crashes")
    if writer.phase == "held":
        if has.fence and writer.term != state.term:
            yield "writer is fenced", (), state
            return
        view = state.database.log if writer.view is None else writer.view
        stored = state.commit(appended(state.database, view, body, has))
        yield f"commit {body}", (writer._replace(phase="stored", view=None),), stored
    else:
        yield f"acknowledge {body}", (idle,), _acknowledged(state, writer, has)


def _receive(
    state: State, writer: Writer, message: Body, has: Protections
) -> Iterator[tuple[str, tuple[Writer, ...], State]]:
    hint = (writer.incarnation if has.hints_by_incarnation else 0, message)
    if hint in state.hints:
        yield f"{message} is known", (writer._replace(phase="known", message=message),), state
        return
    view = None if has.fence else state.database.log
    held = writer._replace(phase="held", message=message, view=view)
    if not has.hint_after_commit:
        state = state._replace(hints=state.hints | {hint})
    if not has.commit_before_ack:
        state = state._replace(unrecorded=state.unrecorded - {message})
    yield f"receive {message}", (held,), state


def _acknowledged(state: State, writer: Writer, has: Protections) -> State:
    """Tell Redis, then the broker, which takes no answer for a consumer that is gone."""
    body = writer.message
    if writer.phase == "stored":
        hint = (writer.incarnation if has.hints_by_incarnation else 0, body)
        state = state._replace(hints=state.hints | {hint})
    if has.consumer_made_anew and writer.incarnation != state.incarnation:
        return state
    return state._replace(unrecorded=state.unrecorded - {body})


def appended(database: Database, view: str, body: Body, has: Protections) -> Database:
    """Return the database after the transaction that records, parks or sets aside an event.

    `view` is the log the writer decides by; under the writer row's lock it is the log as it is.
    """
    place = sequence(body)
    if has.index and (body in database.log or body in database.parked):
        return database
    if place > len(view) + 1:
        return _parked(database, body) if has.parking else database
    if place <= len(view) or (has.index and place <= len(database.log)):
        return _set_aside(database, body) if has.index else database
    if has.causation and EVENTS[body].cause != head_of(view):
        return _set_aside(database, body)
    return _drained(database._replace(log=database.log + body), has)


def _parked(database: Database, body: Body) -> Database:
    if any(EVENTS[one].identity == EVENTS[body].identity for one in database.parked):
        return _set_aside(database, body)
    return database._replace(parked=database.parked | {body})


def _drained(database: Database, has: Protections) -> Database:
    """Append parked successors, and set aside those that another event was the cause of."""
    place = len(database.log) + 1
    due = sorted(one for one in database.parked if sequence(one) == place)
    for body in due:
        database = database._replace(parked=database.parked - {body})
        if len(database.log) >= place or (
            has.causation and EVENTS[body].cause != head_of(database.log)
        ):
            database = _set_aside(database, body)
        else:
            database = database._replace(log=database.log + body)
    return _drained(database, has) if len(database.log) >= place else database


def _set_aside(database: Database, body: Body) -> Database:
    return database._replace(set_aside=database.set_aside | {body})
