"""Risk and planner decide differently each time, the orchestrator signs once."""

from collections.abc import Iterator, Sequence

from tests.unit.write_path.bodies import (
    ENDS,
    EVENTS,
    FIRST,
    SIGNATURE,
    Body,
    Decision,
    sequence,
)
from tests.unit.write_path.coordinator import Step
from tests.unit.write_path.protections import Protections
from tests.unit.write_path.state import State, Worker


def risk(state: State, has: Protections, choices: Sequence[Decision]) -> Iterator[Step]:
    """Risk decides about the first event, in any of its processes, as prices are at the time."""
    for place, worker in enumerate(state.workers):
        for name, after, successor in _of_worker(state, worker, has, choices):
            workers = (*state.workers[:place], after, *state.workers[place + 1 :])
            yield name, successor._replace(workers=tuple(sorted(workers)))


def _of_worker(
    state: State, worker: Worker, has: Protections, choices: Sequence[Decision]
) -> Iterator[tuple[str, Worker, State]]:
    kept = state.database.kept if has.journal else None
    if worker.phase == "idle":
        if FIRST in state.undone:
            for decision in choices if kept is None else ():
                phase = "decided" if has.keep_before_publish else "publishing"
                yield f"risk decides {decision}", Worker(phase, decision), state
            if kept is not None:
                yield f"risk finds {kept}", Worker("publishing", kept), state
        return
    if state.faults.crashes:
        yield f"risk dies {worker.phase}", Worker(), state.spend("crashes")
    if worker.phase == "decided":
        yield from _keep(state, worker, has)
    elif worker.published < len(worker.decision):
        body = worker.decision[worker.published]
        for successor in state.publish(body):
            after = worker._replace(published=worker.published + 1)
            yield f"risk publishes {body}", after, successor
    else:
        if not has.keep_before_publish and kept is None:
            state = state.commit(state.database._replace(kept=worker.decision))
        yield "risk acknowledges", Worker(), state._replace(undone=state.undone - {FIRST})


def _keep(state: State, worker: Worker, has: Protections) -> Iterator[tuple[str, Worker, State]]:
    if not has.journal:
        yield "risk keeps nothing", worker._replace(phase="publishing"), state
        return
    kept = state.database.kept
    if kept is None or not has.first_decision_wins:
        kept = worker.decision
    committed = state.commit(state.database._replace(kept=kept))
    yield f"risk keeps {kept}", Worker("publishing", kept), committed


def planner(state: State, choices: Sequence[Body]) -> Iterator[Step]:
    """The planner plans what it hears, at the prices of the moment, and may die afterwards."""
    for cause in sorted(state.undone & {"C", "c"}):
        for body in choices:
            for successor in state.publish(body):
                done = successor._replace(undone=successor.undone - {cause})
                yield f"planner publishes {body}", done
                if successor.faults.crashes:
                    yield f"planner dies having published {body}", successor.spend("crashes")


def orchestrator(state: State, has: Protections) -> Iterator[Step]:
    """The orchestrator signs a plan once it is recorded; what is signed is broadcast and mined."""
    database = state.database
    plans_signed = {plan for _, plan in database.signed} if has.first_signature_wins else set()
    for plan in sorted(state.undone & SIGNATURE.keys()):
        if plan in plans_signed:
            yield from _tell(state, plan)
        elif not has.lookup or _is_recorded(database.log, plan, has):
            yield from _sign(state, plan, has)
        elif len(database.log) >= sequence(plan):
            yield f"{plan} is never signed", state._replace(undone=state.undone - {plan})
    for nonce, plan in sorted(database.signed - state.broadcast):
        sent = state.broadcast | {(nonce, plan)}
        yield f"broadcast {plan} at {nonce}", state._replace(broadcast=sent)
    for nonce, plan in sorted(state.broadcast):
        if nonce not in state.mined:
            yield f"mine {plan} at {nonce}", state._replace(mined=state.mined | {nonce})


def _is_recorded(log: str, plan: Body, has: Protections) -> bool:
    """Return whether the plan is the last of its history, so that nothing has ended that."""
    if has.lookup_by_hash:
        return log[-1:] == plan
    return bool(log) and EVENTS[log[-1]].identity == EVENTS[plan].identity


def _sign(state: State, plan: Body, has: Protections) -> Iterator[Step]:
    """Take the next nonce and sign, in one commit.

    Where the chain has counted that nonce already, the wallet is halted until a person has looked.
    """
    database = state.database
    nonce = len(database.signed)
    if nonce in state.mined:
        if has.nonce_from_journal:
            return
        nonce = max(state.mined) + 1
    signed = database.signed | {(nonce, plan)}
    yield f"sign {plan} at {nonce}", state.commit(database._replace(signed=signed))


def _tell(state: State, plan: Body) -> Iterator[Step]:
    """Publish the event that the row of the signature says, and acknowledge the plan."""
    for successor in state.publish(SIGNATURE[plan]):
        done = successor._replace(undone=successor.undone - {plan})
        yield f"tell the signature of {plan}", done
        if successor.faults.crashes:
            yield f"orchestrator dies having told {plan}", successor.spend("crashes")


def upkeep(state: State, has: Protections) -> Iterator[Step]:
    """Relay and sweeper publish again what the broker has lost, or what stands still."""
    log = state.database.log
    if not log:
        if has.relay:
            yield from _again("relay", state, FIRST)
    elif log[-1] not in ENDS and has.sweeper:
        handed_on = next(body for body in reversed(log) if EVENTS[body].consumer)
        yield from _again("sweep", state, handed_on)


def _again(who: str, state: State, body: Body) -> Iterator[Step]:
    """Do so when nothing is left to record and the role has nothing to do: the history is stalled.

    Whoever publishes again while there is something on its way counts as a fault.
    """
    is_stalled = not state.unrecorded and body not in state.undone
    if is_stalled or body not in state.stream:
        yield f"{who} {body}", state.store(body)
    elif state.faults.copies and body not in state.undone:
        yield f"{who} {body} early", state.spend("copies").store(body)
