"""The lifecycle of a plan."""

from enum import StrEnum
from typing import Final

from tradewind.contracts.intents import triggers
from tradewind.contracts.lifecycle import Guard, Lifecycle, Transition


class PlanStatus(StrEnum):
    """How far a plan has come."""

    CREATED = "created"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


def _plan_lines() -> tuple[Transition[PlanStatus], ...]:
    s, nothing = PlanStatus, Guard.NOTHING_IN_FLIGHT
    open_states = (s.CREATED, s.IN_PROGRESS)
    return (
        Transition(None, triggers.PLANNED, s.CREATED),
        Transition(s.CREATED, triggers.STARTED, s.IN_PROGRESS),
        Transition(s.IN_PROGRESS, triggers.STEP_SIGNED, s.IN_PROGRESS, nothing),
        Transition(s.IN_PROGRESS, triggers.STEP_SUBMITTED, s.IN_PROGRESS),
        Transition(s.IN_PROGRESS, triggers.STEP_REORGED, s.IN_PROGRESS, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, triggers.FILLED_PARTLY, s.IN_PROGRESS, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, triggers.FILLED, s.IN_PROGRESS, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, triggers.COMPLETED, s.COMPLETED, Guard.EVERY_STEP_FILLED),
        *(Transition(state, triggers.NOT_SUBMITTED, s.FAILED, nothing) for state in open_states),
        Transition(s.IN_PROGRESS, triggers.REVERTED, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, triggers.CANCELLED_ON_CHAIN, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, triggers.NONCE_TAKEN, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.IN_PROGRESS, triggers.CANCELLED_IN_FLIGHT, s.CANCELLED, Guard.IN_FLIGHT),
        *(Transition(state, triggers.EXPIRED, s.EXPIRED, nothing) for state in open_states),
        *(Transition(state, triggers.CANCELLED, s.CANCELLED, nothing) for state in open_states),
    )


PLAN: Final = Lifecycle(
    "plan",
    {
        PlanStatus.CREATED: "The planner made it; no step has begun.",
        PlanStatus.IN_PROGRESS: "The orchestrator took it; its steps say how far it is.",
        PlanStatus.COMPLETED: "Every step is filled.",
        PlanStatus.FAILED: "A step failed, with proof that nothing is in flight.",
        PlanStatus.EXPIRED: "The intent expired before a step was submitted.",
        PlanStatus.CANCELLED: "The intent was cancelled; its steps say what was executed.",
    },
    _plan_lines(),
    {PlanStatus.IN_PROGRESS: triggers.ORCHESTRATOR},
)
