"""Lifecycles as tables: which event may move what from which state to which.

A table decides by state, trigger and facts alone. What it does not list is illegal: the reader
leaves the state as it is and counts the event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from pydantic import BaseModel

from tradewind.contracts import payloads
from tradewind.contracts.names import Role


class IntentState(StrEnum):
    """Where an intent stands."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PLANNED = "planned"
    EXECUTING = "executing"
    COMPLETED = "completed"
    RISK_REJECTED = "risk_rejected"
    PLAN_REJECTED = "plan_rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class PlanStatus(StrEnum):
    """Where a plan stands."""

    CREATED = "created"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """Where one step of a plan stands: the states in which money moves."""

    PLANNED = "planned"
    SIGNED = "signed"
    SUBMITTED = "submitted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Trigger(NamedTuple):
    """What moves a lifecycle: a topic, and the case of its payload where cases differ."""

    topic: str
    case: str = ""

    def __str__(self) -> str:
        return f"{self.topic} ({self.case})" if self.case else self.topic


PARTIAL: Final = "partial"
FINAL: Final = "final"
PROOFS: Final = ("not_submitted", "reverted", "cancelled", "nonce_taken")
CASES: Final[Mapping[str, tuple[str, ...]]] = {
    payloads.StepFilled.topic: (PARTIAL, FINAL),
    payloads.ExecutionFailed.topic: PROOFS,
}
"""The topics whose payload decides which trigger they are."""


def trigger_of(payload: BaseModel, topic: str) -> Trigger:
    """Return the trigger an event with this payload is."""
    case = ""
    if isinstance(payload, payloads.StepFilled):
        case = FINAL if payload.final else PARTIAL
    elif isinstance(payload, payloads.ExecutionFailed):
        case = payload.proof
    return _trigger(topic, case)


@cache
def _trigger(topic: str, case: str) -> Trigger:
    return Trigger(topic, case)


class Facts(NamedTuple):
    """What a guard may ask about."""

    risk_approved: bool = False
    in_flight: bool = False
    """A step was handed to the venue and its last receipt is not in: the outcome is unknown."""
    every_step_filled: bool = False


class Guard(StrEnum):
    """A condition on the facts; its value is how documentation says it."""

    NONE = ""
    RISK_APPROVED = "risk approved"
    NOTHING_IN_FLIGHT = "nothing in flight"
    IN_FLIGHT = "in flight until this proof"
    EVERY_STEP_FILLED = "every step filled"

    def holds(self, facts: Facts) -> bool:
        """Return whether the facts allow the transition."""
        match self:
            case Guard.RISK_APPROVED:
                return facts.risk_approved
            case Guard.NOTHING_IN_FLIGHT:
                return not facts.in_flight
            case Guard.IN_FLIGHT:
                return facts.in_flight
            case Guard.EVERY_STEP_FILLED:
                return facts.every_step_filled
            case _:
                return True


class Custody(NamedTuple):
    """Who must find out an unknown outcome, and the payload field that says until when."""

    owner: Role
    deadline: str


@dataclass(frozen=True, slots=True)
class Transition[S: StrEnum]:
    """One line of a table. A source of None is the beginning."""

    source: S | None
    trigger: Trigger
    target: S
    guard: Guard = Guard.NONE


class Lifecycle[S: StrEnum]:
    """A table of transitions; `unknown` names the states whose outcome nobody knows yet."""

    def __init__(
        self,
        name: str,
        states: Mapping[S, str],
        transitions: tuple[Transition[S], ...],
        unknown: Mapping[S, Custody],
    ) -> None:
        self.name = name
        self.states = states
        self.transitions = transitions
        self.unknown = unknown
        self.terminal = frozenset(states) - {line.source for line in transitions if line.source}
        if len({(line.source, line.trigger) for line in transitions}) != len(transitions):
            raise ValueError(f"{name}: two lines for one state and trigger")
        self._lines = {
            trigger: tuple(line for line in transitions if line.trigger == trigger)
            for trigger in {line.trigger for line in transitions}
        }

    def next(self, state: S | None, trigger: Trigger, facts: Facts) -> S | None:
        """Return the state after `trigger`, or None when the table forbids it."""
        for line in self._lines.get(trigger, ()):
            if line.source == state:
                return line.target if line.guard.holds(facts) else None
        return None


_SUBMITTED = Trigger(payloads.IntentSubmitted.topic)
_APPROVED = Trigger(payloads.RiskApproved.topic)
_RISK_REJECTED = Trigger(payloads.RiskRejected.topic)
_ACCEPTED = Trigger(payloads.IntentAccepted.topic)
_PLANNED = Trigger(payloads.PlanCreated.topic)
_PLAN_REJECTED = Trigger(payloads.PlanRejected.topic)
_STARTED = Trigger(payloads.ExecutionStarted.topic)
_STEP_SIGNED = Trigger(payloads.StepSigned.topic)
_STEP_SUBMITTED = Trigger(payloads.StepSubmitted.topic)
_STEP_REORGED = Trigger(payloads.StepReorged.topic)
_FILLED_PARTLY = Trigger(payloads.StepFilled.topic, PARTIAL)
_FILLED = Trigger(payloads.StepFilled.topic, FINAL)
_COMPLETED = Trigger(payloads.ExecutionCompleted.topic)
_NOT_SUBMITTED, _REVERTED, _CANCELLED_ON_CHAIN, _NONCE_TAKEN = (
    Trigger(payloads.ExecutionFailed.topic, proof) for proof in PROOFS
)
_EXPIRED = Trigger(payloads.IntentExpired.topic)
_CANCELLED = Trigger(payloads.IntentCancelled.topic)

_ORCHESTRATOR = Custody(Role.ORCHESTRATOR, "confirm_by")


def _intent_lines() -> tuple[Transition[IntentState], ...]:
    s, nothing = IntentState, Guard.NOTHING_IN_FLIGHT
    open_states = (s.SUBMITTED, s.ACCEPTED, s.PLANNED, s.EXECUTING)
    return (
        Transition(None, _SUBMITTED, s.SUBMITTED),
        Transition(s.SUBMITTED, _APPROVED, s.SUBMITTED),
        Transition(s.SUBMITTED, _RISK_REJECTED, s.RISK_REJECTED),
        Transition(s.SUBMITTED, _ACCEPTED, s.ACCEPTED, Guard.RISK_APPROVED),
        Transition(s.ACCEPTED, _PLANNED, s.PLANNED),
        Transition(s.ACCEPTED, _PLAN_REJECTED, s.PLAN_REJECTED),
        Transition(s.PLANNED, _STARTED, s.EXECUTING),
        Transition(s.EXECUTING, _STEP_SIGNED, s.EXECUTING, nothing),
        Transition(s.EXECUTING, _STEP_SUBMITTED, s.EXECUTING),
        Transition(s.EXECUTING, _STEP_REORGED, s.EXECUTING, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, _FILLED_PARTLY, s.EXECUTING, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, _FILLED, s.EXECUTING, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, _COMPLETED, s.COMPLETED, Guard.EVERY_STEP_FILLED),
        Transition(s.PLANNED, _NOT_SUBMITTED, s.FAILED, nothing),
        Transition(s.EXECUTING, _NOT_SUBMITTED, s.FAILED, nothing),
        Transition(s.EXECUTING, _REVERTED, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, _CANCELLED_ON_CHAIN, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, _NONCE_TAKEN, s.FAILED, Guard.IN_FLIGHT),
        *(Transition(state, _EXPIRED, s.EXPIRED, nothing) for state in open_states),
        *(Transition(state, _CANCELLED, s.CANCELLED, nothing) for state in open_states),
    )


def _plan_lines() -> tuple[Transition[PlanStatus], ...]:
    s, nothing = PlanStatus, Guard.NOTHING_IN_FLIGHT
    open_states = (s.CREATED, s.IN_PROGRESS)
    return (
        Transition(None, _PLANNED, s.CREATED),
        Transition(s.CREATED, _STARTED, s.IN_PROGRESS),
        Transition(s.IN_PROGRESS, _STEP_SIGNED, s.IN_PROGRESS, nothing),
        Transition(s.IN_PROGRESS, _STEP_SUBMITTED, s.IN_PROGRESS),
        Transition(s.IN_PROGRESS, _STEP_REORGED, s.IN_PROGRESS, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, _FILLED_PARTLY, s.IN_PROGRESS, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, _FILLED, s.IN_PROGRESS, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, _COMPLETED, s.COMPLETED, Guard.EVERY_STEP_FILLED),
        *(Transition(state, _NOT_SUBMITTED, s.FAILED, nothing) for state in open_states),
        Transition(s.IN_PROGRESS, _REVERTED, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, _CANCELLED_ON_CHAIN, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, _NONCE_TAKEN, s.FAILED, Guard.IN_FLIGHT),
        *(Transition(state, _EXPIRED, s.EXPIRED, nothing) for state in open_states),
        *(Transition(state, _CANCELLED, s.CANCELLED, nothing) for state in open_states),
    )


def _step_lines() -> tuple[Transition[StepState], ...]:
    s = StepState
    return (
        Transition(None, _PLANNED, s.PLANNED),
        Transition(s.PLANNED, _STEP_SIGNED, s.SIGNED),
        Transition(s.PLANNED, _STEP_SUBMITTED, s.SUBMITTED),
        Transition(s.SIGNED, _STEP_SUBMITTED, s.SUBMITTED),
        Transition(s.SUBMITTED, _STEP_REORGED, s.SUBMITTED),
        Transition(s.SUBMITTED, _FILLED_PARTLY, s.PARTIALLY_FILLED),
        Transition(s.SUBMITTED, _FILLED, s.FILLED),
        Transition(s.PARTIALLY_FILLED, _FILLED_PARTLY, s.PARTIALLY_FILLED),
        Transition(s.PARTIALLY_FILLED, _FILLED, s.FILLED),
        Transition(s.PLANNED, _NOT_SUBMITTED, s.FAILED),
        *(
            Transition(state, proof, s.FAILED)
            for state in (s.SIGNED, s.SUBMITTED)
            for proof in (_REVERTED, _CANCELLED_ON_CHAIN, _NONCE_TAKEN)
        ),
        Transition(s.PARTIALLY_FILLED, _CANCELLED_ON_CHAIN, s.FAILED),
        Transition(s.PLANNED, _EXPIRED, s.EXPIRED),
        Transition(s.PLANNED, _CANCELLED, s.CANCELLED),
    )


INTENT: Final = Lifecycle(
    "intent",
    {
        IntentState.SUBMITTED: "The gateway took it; risk is judging it or has just approved it.",
        IntentState.ACCEPTED: "Risk let it through; the planner is looking for a route.",
        IntentState.PLANNED: "It has a plan; the orchestrator has not begun.",
        IntentState.EXECUTING: "The orchestrator has the plan; money may be in flight.",
        IntentState.COMPLETED: "Every step is filled: it is settled.",
        IntentState.RISK_REJECTED: "Risk refused it.",
        IntentState.PLAN_REJECTED: "No plan could be made.",
        IntentState.FAILED: "Execution ended without a settled fill, with proof.",
        IntentState.EXPIRED: "Its time window closed while nothing was in flight.",
        IntentState.CANCELLED: "It was cancelled on request while nothing was in flight.",
    },
    _intent_lines(),
    {IntentState.EXECUTING: _ORCHESTRATOR},
)

PLAN: Final = Lifecycle(
    "plan",
    {
        PlanStatus.CREATED: "The planner made it; no step has begun.",
        PlanStatus.IN_PROGRESS: "The orchestrator took it; its steps say how far it is.",
        PlanStatus.COMPLETED: "Every step is filled.",
        PlanStatus.FAILED: "A step failed, with proof that nothing is in flight.",
        PlanStatus.EXPIRED: "The intent expired before a step was submitted.",
        PlanStatus.CANCELLED: "The intent was cancelled before a step was submitted.",
    },
    _plan_lines(),
    {PlanStatus.IN_PROGRESS: _ORCHESTRATOR},
)

STEP: Final = Lifecycle(
    "step",
    {
        StepState.PLANNED: "Nothing was handed to the venue.",
        StepState.SIGNED: "Signed and kept, not yet handed to the venue: it may happen.",
        StepState.SUBMITTED: "Handed to the venue, no receipt yet: the outcome is unknown.",
        StepState.PARTIALLY_FILLED: "Some fills are in; the outcome of the rest is unknown.",
        StepState.FILLED: "The final fill is in.",
        StepState.FAILED: "Proven: never submitted, reverted, cancelled, or its nonce was taken.",
        StepState.EXPIRED: "The intent expired before it was submitted.",
        StepState.CANCELLED: "The intent was cancelled before it was submitted.",
    },
    _step_lines(),
    {
        StepState.SIGNED: _ORCHESTRATOR,
        StepState.SUBMITTED: _ORCHESTRATOR,
        StepState.PARTIALLY_FILLED: _ORCHESTRATOR,
    },
)

LIFECYCLES: Final = (INTENT, PLAN, STEP)
