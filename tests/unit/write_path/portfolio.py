"""The portfolio stage: it claims, publishes, and lets claims end by the ledger."""

from collections.abc import Iterator, Sequence

from tests.unit.write_path.bodies import (
    APPROVAL,
    EVENTS,
    OTHER_APPROVAL,
    SCREENED,
    SIGNATURE,
    Body,
    Decision,
)
from tests.unit.write_path.coordinator import Step
from tests.unit.write_path.protections import Protections
from tests.unit.write_path.state import Claim, State, Worker

SCREENED_AT = 1
JUDGED_AT = 2
"""The places in a log."""


def portfolio(state: State, has: Protections, choices: Sequence[Decision]) -> Iterator[Step]:
    """Judge what was screened, in any of its processes, as the book is at the time."""
    for place, worker in enumerate(state.portfolios):
        for name, after, successor in _of_worker(state, worker, has, choices):
            portfolios = (*state.portfolios[:place], after, *state.portfolios[place + 1 :])
            yield name, successor._replace(portfolios=tuple(sorted(portfolios)))
    yield from _settle(state, has)


def _of_worker(
    state: State, worker: Worker, has: Protections, choices: Sequence[Decision]
) -> Iterator[tuple[str, Worker, State]]:
    if worker.phase == "idle":
        for message in sorted(state.undone):
            if EVENTS[message].identity == SCREENED:
                yield from _claim(state, worker._replace(message=message), has, choices)
        return
    if state.faults.crashes:
        yield f"portfolio dies {worker.phase}", Worker(), state.spend("crashes")
    if worker.phase == "decided":
        yield f"portfolio keeps {worker.decision}", _publishing(worker), _kept(state, worker)
    elif worker.published < len(worker.decision):
        body = worker.decision[worker.published]
        for successor in state.publish(body):
            after = worker._replace(published=worker.published + 1)
            yield f"portfolio publishes {body}", after, successor
    else:
        if not has.claim_before_publish and not state.database.claim.decision:
            state = _kept(state, worker)
        done = state._replace(undone=state.undone - {worker.message})
        yield "portfolio acknowledges", Worker(), done


def _publishing(worker: Worker) -> Worker:
    return worker._replace(phase="publishing")


def _claim(
    state: State, worker: Worker, has: Protections, choices: Sequence[Decision]
) -> Iterator[tuple[str, Worker, State]]:
    """Find what was decided, or decide and claim in one commit."""
    database = state.database
    if database.claim.decision and has.claim_has_decision:
        found = worker._replace(decision=database.claim.decision)
        yield f"portfolio finds {found.decision}", _publishing(found), state
        return
    if has.claim_fenced and state.incarnation > 1 and state.unrecorded:
        return
    recorded = _recorded(database.log)
    if recorded and has.claim_adopts:
        adopted = worker._replace(decision=recorded)
        yield f"portfolio adopts {recorded}", _publishing(adopted), _kept(state, adopted)
        return
    for decision in choices:
        decided = worker._replace(decision=decision)
        if not has.claim_before_publish:
            yield f"portfolio decides {decision}", _publishing(decided), state
        elif has.claim_locked:
            yield f"portfolio claims {decision}", _publishing(decided), _kept(state, decided)
        else:
            yield f"portfolio reads {decision}", decided._replace(phase="decided"), state


def _recorded(log: str) -> Decision:
    """Return the decision that the ledger has, with the acceptance that follows an approval.

    It may have a refusal of the instrument stage where the screening would be.
    """
    if len(log) <= SCREENED_AT:
        return ""
    if EVENTS[log[SCREENED_AT]].identity != SCREENED:
        return log[SCREENED_AT]
    if len(log) <= JUDGED_AT:
        return ""
    first = log[JUDGED_AT]
    return next((one for one in (APPROVAL, OTHER_APPROVAL) if one[0] == first), first)


def _kept(state: State, worker: Worker) -> State:
    status = "claimed" if worker.decision in (APPROVAL, OTHER_APPROVAL) else "rejected"
    return state.commit(state.database._replace(claim=Claim(worker.decision, status)))


def _settle(state: State, has: Protections) -> Iterator[Step]:
    database = state.database
    said = database.log if has.claim_settled_by_ledger else sorted(state.stream)
    status = _status(said)
    if status and status != database.claim.status:
        claim = database.claim._replace(status=status)
        yield f"claim is {status}", state.commit(database._replace(claim=claim))


def _status(said: Sequence[Body]) -> str:
    """Return what became of the claim, by the events that were said; empty before a decision."""
    if any(body in SIGNATURE.values() for body in said):
        return "used"
    if "Q" in said:
        return "released"
    if "R" in said:
        return "rejected"
    return "claimed" if "A" in said or "a" in said else ""


def is_settled(log: str, claim: Claim) -> bool:
    """Return whether the book says what the ledger has.

    Of an intent that the instrument stage refused it may have a rejection, or nothing.
    """
    recorded = _status(log)
    return claim.status == recorded or (not recorded and claim.status == "rejected")
