"""What has to hold in every state. Each returns whether it does; its name is its sentence."""

from collections.abc import Callable
from typing import Final

from tests.unit.portfolio_protocol.state import APPROVALS, ENDS, FAILED, OPEN, State, is_heard


def cap_holds(state: State) -> bool:
    """What approvals allow in the world, whatever the book believes, is within the cap."""
    database = state.database
    approved = [
        outcome != FAILED
        and (outcome != OPEN or is_heard(state, intent) or database.is_approved(intent))
        for intent, outcome in enumerate(state.world)
    ]
    return sum(approved) <= state.cap


def one_decision(state: State) -> bool:
    """An intent is heard to be approved or rejected, never both."""
    approved = {intent for kind, intent in state.said if kind in APPROVALS}
    return not any((kind, intent) in state.said for kind in "rn" for intent in approved)


def stop_holds(state: State) -> bool:
    """After trading was stopped, nothing is signed."""
    return not state.has_signed_stopped


INVARIANTS: Final[tuple[Callable[[State], bool], ...]] = (cap_holds, one_decision, stop_holds)
PROGRESS: Final = "nothing_leaks"
"""The property of the whole exploration: from every state one can be reached that `is_quiet`."""


def is_quiet(state: State) -> bool:
    """Return whether all is decided, recorded and settled, and book and ledger agree."""
    if state.messages or state.phase != "whole" or any(one.message for one in state.workers):
        return False
    database = state.database
    if database.is_halted or not database.is_continued:
        return False
    return database.cursor == len(database.ledger) and all(
        database.rows[intent].status == _recorded_status(state, intent)
        for intent in range(len(state.world))
    )


def _recorded_status(state: State, intent: int) -> str:
    kinds = [kind for kind, one in state.database.ledger if one == intent]
    if "r" in kinds or "n" in kinds:
        return "r"
    if state.is_stopped and state.world[intent] == OPEN and "a" in kinds:
        return "c"  # it waits until somebody lets trading go on
    ends = [kind for kind in kinds if kind in ENDS]
    return {"f": "u", "x": "l"}.get(ends[0], "") if ends else "never"
