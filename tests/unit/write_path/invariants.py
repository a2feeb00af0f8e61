"""What has to hold in every state. Each returns whether it does; its name is its sentence."""

from collections.abc import Callable
from typing import Final

from tests.unit.write_path.bodies import (
    EVENTS,
    JUDGEMENTS,
    REJECTIONS,
    SCREENINGS,
    SIGNATURE,
    sequence,
)
from tests.unit.write_path.state import State

SAID_BY_RISK: Final = frozenset("".join(SCREENINGS))
SAID_BY_PORTFOLIO: Final = frozenset("".join(JUDGEMENTS))


def acknowledged_is_durable(state: State) -> bool:
    """What the coordinator acknowledged is recorded, parked or set aside."""
    database = state.database
    durable = database.parked | database.set_aside | set(database.log)
    return state.stream - state.unrecorded <= durable


def nothing_is_recorded_twice(state: State) -> bool:
    """No event is in the ledger twice."""
    return len(set(state.database.log)) == len(state.database.log)


def order_has_no_gap(state: State) -> bool:
    """A history is 1, 2, 3 and so on."""
    places = [sequence(body) for body in state.database.log]
    return places == list(range(1, len(places) + 1))


def one_decision_a_step(state: State) -> bool:
    """Each event follows from the one before it, so no step is decided in two ways."""
    log = state.database.log
    causes = [EVENTS[body].cause for body in log[1:]]
    return causes == [EVENTS[body].identity for body in log[:-1]]


def risk_says_one_thing(state: State) -> bool:
    """Risk is heard with one decision, unless the journal lost the first with the database."""
    return state.incarnation > 1 or len(state.stream & SAID_BY_RISK) <= 1


def portfolio_says_one_thing(state: State) -> bool:
    """The portfolio stage is heard with one decision, also after a restore."""
    said = state.stream & SAID_BY_PORTFOLIO
    return any(said <= set(decision) for decision in JUDGEMENTS)


def signed_is_claimed(state: State) -> bool:
    """What a node was given, or may be given, is neither released nor rejected in the book."""
    may_spend = state.database.signed or state.broadcast
    return not may_spend or state.database.claim.status not in ("released", "rejected")


def signed_is_recorded(state: State) -> bool:
    """A plan that is signed, and one that a node was ever given, is in the ledger."""
    signed = {plan for _, plan in state.database.signed | state.broadcast}
    return signed <= set(state.database.log)


def rejected_is_unsigned(state: State) -> bool:
    """With a rejection in the ledger, nothing is signed or was broadcast."""
    is_rejected = any(body in REJECTIONS for body in state.database.log)
    return not (is_rejected and (state.database.signed or state.broadcast))


def one_nonce_a_step(state: State) -> bool:
    """The step has one nonce, so the chain executes it once at most."""
    return len({nonce for nonce, _ in state.database.signed | state.broadcast}) <= 1


def told_is_signed(state: State) -> bool:
    """A signature that is recorded is that of the plan that is recorded."""
    log = state.database.log
    return all(SIGNATURE[log[at - 1]] == log[at] for at in range(1, len(log)) if log[at] in "Gg")


INVARIANTS: Final[tuple[Callable[[State], bool], ...]] = (
    acknowledged_is_durable,
    nothing_is_recorded_twice,
    order_has_no_gap,
    one_decision_a_step,
    risk_says_one_thing,
    portfolio_says_one_thing,
    signed_is_claimed,
    signed_is_recorded,
    rejected_is_unsigned,
    one_nonce_a_step,
    told_is_signed,
)
PROGRESS: Final = "every_history_can_end"
"""The property of the whole exploration: from every state the end of the history can be reached,
with a claim that has ended, too."""
