"""The steps of the stage: a process claims, publishes and acknowledges, and follows the ledger."""

from collections.abc import Iterator

from tests.unit.portfolio_protocol.protections import Protections
from tests.unit.portfolio_protocol.state import (
    DECISIONS,
    ENDS,
    FILLED,
    OPEN,
    STOP,
    WAIT_ENDS,
    Database,
    Event,
    Row,
    State,
    Worker,
    is_heard,
    is_refused,
)

type Step = tuple[str, State]


def steps(state: State, has: Protections) -> Iterator[Step]:
    """Return what a process may do next, and what settlement may."""
    for number, worker in enumerate(state.workers):
        if worker in state.workers[:number]:
            continue
        if worker.step == "idle":
            for message in sorted(state.messages):
                taken = worker._replace(step="holding", message=message)
                yield f"takes {message}", state.at(number, taken)
        else:
            yield from _handle(state, number, worker, has)
        if not worker.is_proven:
            yield from _prove(state, number, worker, has)
    yield from _settle(state, has)


def _handle(state: State, number: int, worker: Worker, has: Protections) -> Iterator[Step]:
    assert worker.message is not None
    kind, intent = worker.message
    match worker.step:
        case "holding" if kind in ENDS:
            yield from _hear_end(state, number, worker, has)
        case "holding":
            yield from _claim(state, number, worker, has)
        case "read":
            yield from _decide(state, number, worker, has, has_room=worker.has_room)
        case "decided":
            yield "commits", _commit(state, number, worker._replace(step="published"), has)
        case "committed" | "said":
            decision = (worker.decision, intent)
            heard = _published(state, worker, decision, has)
            following = "published" if worker.step == "committed" else "decided"
            yield f"publishes {decision}", heard.at(number, worker._replace(step=following))
        case "published":
            gone = state._replace(messages=state.messages - {worker.message})
            yield "acknowledges", gone.at(number, _idle(worker))


def _published(state: State, worker: Worker, decision: Event, has: Protections) -> State:
    """Return the state with a decision in the stream, which the ledger may refuse to record."""
    if has.token and worker.is_stale:
        return state._replace(refused=state.refused | {decision})
    return state._replace(stream=state.stream | {decision}, said=state.said | {decision})


def _idle(worker: Worker) -> Worker:
    return worker._replace(step="idle", message=None, decision="", has_room=False, is_stale=False)


def _hear_end(state: State, number: int, worker: Worker, has: Protections) -> Iterator[Step]:
    """An end in the stream means nothing, unless claims end by what the stream says."""
    assert worker.message is not None
    kind, intent = worker.message
    heard = state._replace(messages=state.messages - {worker.message}).at(number, _idle(worker))
    row = state.database.rows[intent]
    if not has.settled_by_ledger and row.status == "c":
        ended = row._replace(status="u" if kind == "f" else "l")
        heard = heard._replace(database=state.database.with_row(intent, ended))
    yield f"hears {worker.message}", heard


def _claim(state: State, number: int, worker: Worker, has: Protections) -> Iterator[Step]:
    assert worker.message is not None
    intent, database = worker.message[1], state.database
    row = database.rows[intent]
    if row.kept and has.decision_kept:
        again = worker._replace(step="committed", decision=row.kept)
        yield "repeats", state.at(number, again)
    elif has.fence and not worker.is_proven:
        return
    elif recorded := database.decision(intent):
        adopted = worker._replace(step="committed", decision=recorded)
        status = row.status or ("r" if recorded == "r" else "c")
        kept = database.with_row(intent, Row(status, recorded))
        yield "adopts", state._replace(database=kept).at(number, adopted)
    elif has.lock:
        yield from _decide(state, number, worker, has, has_room=_has_room(state))
    else:
        read = worker._replace(step="read", has_room=_has_room(state))
        yield "reads", state.at(number, read)


def _has_room(state: State) -> bool:
    if state.database.is_halted:
        return False
    claims = sum(row.status in ("c", "u") for row in state.database.rows)
    return claims + state.database.answered < state.cap


def _decide(
    state: State, number: int, worker: Worker, has: Protections, *, has_room: bool
) -> Iterator[Step]:
    accepts = "w" if state.waits else "a"
    decided = worker._replace(decision=accepts if has_room else "r", has_room=False)
    if has.commit_before_publish:
        yield "decides", _commit(state, number, decided._replace(step="committed"), has)
    else:
        yield "decides", state.at(number, decided._replace(step="said"))


def _commit(state: State, number: int, worker: Worker, has: Protections) -> State:
    assert worker.message is not None
    intent, decision = worker.message[1], worker.decision
    row = Row("r" if decision == "r" else "c", decision)
    if decision == "w" and not has.wait_claims:
        row = Row("", decision)
    if decision == "r" and not has.rejection_kept:
        row = Row()
    kept = state.database.with_row(intent, row)
    return state._replace(database=kept).at(number, worker)


def _prove(state: State, number: int, worker: Worker, has: Protections) -> Iterator[Step]:
    for name, prover in _proofs(state, worker, has):
        yield name, state.at(number, prover)


def _proofs(state: State, worker: Worker, has: Protections) -> Iterator[tuple[str, Worker]]:
    """Return what a process may find on its way to a proof, the same for deciding and signing."""
    database = state.database
    if has.life_noted and state.phase == "restored":
        return
    if worker.goal is None:
        if database.is_continued or not has.gap_halts:
            yield "looks at the stream", worker._replace(goal=state.stream)
    elif worker.needed is None:
        is_read = all(database.is_read(event) for event in worker.goal)
        if is_read or not has.stream_read:
            yield "the ledger is read", worker._replace(needed=len(database.ledger))
    elif database.cursor >= worker.needed or not has.settlement_caught_up:
        yield "is proven", worker._replace(is_proven=True, goal=None, needed=None)


def _settle(state: State, has: Protections) -> Iterator[Step]:
    database = state.database
    if database.cursor >= len(database.ledger) or not has.settled_by_ledger:
        return
    moved = database._replace(cursor=database.cursor + 1)
    applied = _applied(moved, database.ledger[database.cursor], has)
    yield "settles", state._replace(database=applied)
    if not has.cursor_with_effects and state.faults.crashes:
        yield "dies between cursor and effects", state._replace(database=moved)


def _applied(database: Database, event: tuple[str, int], has: Protections) -> Database:
    """Return what a recorded event means for the book: the ledger is right."""
    kind, intent = event
    if kind == STOP:
        return database._replace(is_stopped=True)
    row = database.rows[intent]
    if kind == "w" or kind in WAIT_ENDS:
        row = _followed(row, kind) if has.wait_followed else row
    elif kind in DECISIONS:
        if kind == "a" and row.status in ("", "r") and has.ledger_is_right:
            row = row._replace(status="c")
        elif kind == "r" and row.status in ("", "c"):
            row = row._replace(status="r")
    elif kind in ENDS and row.status == "c":
        row = row._replace(status="u" if kind == "f" else "l")
    return database.with_row(intent, row)


def _followed(row: Row, kind: str) -> Row:
    """Return the row of an intent that waits, after what the ledger says of its wait."""
    if kind == "w":
        return row if row.kept == "w" and row.status else row._replace(status="c", kept="w")
    status = "r" if kind == "n" and row.status in ("", "c") else row.status or "c"
    return row._replace(status=status, end=kind)


def world(state: State, has: Protections) -> Iterator[Step]:
    """Return what planner, orchestrator and venue may do about an approval, recorded or not."""
    database = state.database
    yield from _prove_signer(state, has)
    for intent, outcome in enumerate(state.world):
        row = database.rows[intent]
        is_told = is_heard(state, intent) or is_refused(state, intent)
        is_told = is_told or database.is_approved(intent)
        if outcome == OPEN and is_told and _may_sign(state, row, has):
            for result in state.outcomes:
                name = "fills" if result == FILLED else "fails"
                end = ("f" if result == FILLED else "x", intent)
                told = state.messages | ({end} if not has.settled_by_ledger else frozenset())
                changed = (*state.world[:intent], result, *state.world[intent + 1 :])
                signed = state.has_signed_stopped or state.is_stopped
                yield (
                    f"{intent} {name}",
                    state._replace(world=changed, messages=told, has_signed_stopped=signed),
                )
        if not has.no_deadline and row.status == "c":
            late = database.with_row(intent, row._replace(status="l"))
            yield f"the time of {intent} is over", state._replace(database=late)


def _may_sign(state: State, row: Row, has: Protections) -> bool:
    """Return whether the gate lets a step pass: states, claim and proof, in one transaction."""
    database = state.database
    if database.is_halted or database.is_stopped:
        return False
    is_proven = state.signer is None or state.signer.is_proven
    return (row.status == "c" or not has.claim_signed) and (is_proven or not has.signing_proven)


def _prove_signer(state: State, has: Protections) -> Iterator[Step]:
    if state.signer is not None and not state.signer.is_proven:
        for name, prover in _proofs(state, state.signer, has):
            yield f"the signer: {name}", state._replace(signer=prover)
