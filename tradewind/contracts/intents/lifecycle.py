"""The lifecycle of an intent."""

from enum import StrEnum
from typing import Final

from tradewind.contracts.intents import triggers
from tradewind.contracts.lifecycle import Guard, Lifecycle, Transition


class IntentState(StrEnum):
    """How far an intent has come."""

    SUBMITTED = "submitted"
    SCREENED = "screened"
    AWAITING_APPROVAL = "awaiting_approval"
    ACCEPTED = "accepted"
    PLANNED = "planned"
    EXECUTING = "executing"
    COMPLETED = "completed"
    RISK_REJECTED = "risk_rejected"
    PLAN_REJECTED = "plan_rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


def _intent_lines() -> tuple[Transition[IntentState], ...]:
    s, nothing = IntentState, Guard.NOTHING_IN_FLIGHT
    open_states = (
        *(s.SUBMITTED, s.SCREENED, s.AWAITING_APPROVAL),
        *(s.ACCEPTED, s.PLANNED, s.EXECUTING),
    )
    return (
        Transition(None, triggers.SUBMITTED, s.SUBMITTED),
        Transition(s.SUBMITTED, triggers.SCREENED, s.SCREENED),
        Transition(s.SCREENED, triggers.APPROVED, s.SCREENED),
        Transition(s.SCREENED, triggers.RISK_REJECTED, s.RISK_REJECTED),
        Transition(s.SCREENED, triggers.ACCEPTED, s.ACCEPTED, Guard.RISK_APPROVED),
        # It is not accepted from here: whoever approves it leads it back first.
        Transition(s.SCREENED, triggers.APPROVAL_REQUIRED, s.AWAITING_APPROVAL),
        Transition(s.AWAITING_APPROVAL, triggers.APPROVED, s.SCREENED),
        Transition(s.AWAITING_APPROVAL, triggers.RISK_REJECTED, s.RISK_REJECTED),
        # One stage decided the intents of earlier releases.
        Transition(s.SUBMITTED, triggers.APPROVED, s.SUBMITTED),
        Transition(s.SUBMITTED, triggers.RISK_REJECTED, s.RISK_REJECTED),
        Transition(s.SUBMITTED, triggers.ACCEPTED, s.ACCEPTED, Guard.RISK_APPROVED),
        Transition(s.ACCEPTED, triggers.PLANNED, s.PLANNED),
        Transition(s.ACCEPTED, triggers.PLAN_REJECTED, s.PLAN_REJECTED),
        Transition(s.PLANNED, triggers.STARTED, s.EXECUTING),
        Transition(s.EXECUTING, triggers.STEP_SIGNED, s.EXECUTING, nothing),
        Transition(s.EXECUTING, triggers.STEP_SUBMITTED, s.EXECUTING),
        Transition(s.EXECUTING, triggers.STEP_REORGED, s.EXECUTING, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, triggers.FILLED_PARTLY, s.EXECUTING, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, triggers.FILLED, s.EXECUTING, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, triggers.COMPLETED, s.COMPLETED, Guard.EVERY_STEP_FILLED),
        Transition(s.PLANNED, triggers.NOT_SUBMITTED, s.FAILED, nothing),
        Transition(s.EXECUTING, triggers.NOT_SUBMITTED, s.FAILED, nothing),
        Transition(s.EXECUTING, triggers.REVERTED, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, triggers.CANCELLED_ON_CHAIN, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, triggers.NONCE_TAKEN, s.FAILED, Guard.IN_FLIGHT),
        Transition(s.EXECUTING, triggers.CANCELLED_IN_FLIGHT, s.CANCELLED, Guard.IN_FLIGHT),
        *(Transition(state, triggers.EXPIRED, s.EXPIRED, nothing) for state in open_states),
        *(Transition(state, triggers.CANCELLED, s.CANCELLED, nothing) for state in open_states),
    )


INTENT: Final = Lifecycle(
    "intent",
    {
        IntentState.SUBMITTED: "The gateway took it; risk is judging what it asks for.",
        IntentState.SCREENED: "Risk let it through; its portfolio is judging what it adds.",
        IntentState.AWAITING_APPROVAL: "It is worth so much that a person has to approve it.",
        IntentState.ACCEPTED: "Its portfolio has room for it; the planner is looking for a route.",
        IntentState.PLANNED: "It has a plan; the orchestrator has not begun.",
        IntentState.EXECUTING: "The orchestrator has the plan; money may be in flight.",
        IntentState.COMPLETED: "Every step is filled: it is settled.",
        IntentState.RISK_REJECTED: "Risk refused it.",
        IntentState.PLAN_REJECTED: "No plan could be made.",
        IntentState.FAILED: "Execution ended without a settled fill, with proof.",
        IntentState.EXPIRED: "Its time window closed while nothing was in flight.",
        IntentState.CANCELLED: "It was cancelled on request, and nothing is in flight.",
    },
    _intent_lines(),
    {IntentState.EXECUTING: triggers.ORCHESTRATOR},
)
