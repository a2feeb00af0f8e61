"""The lifecycle of one step of a plan."""

from enum import StrEnum
from typing import Final

from tradewind.contracts.intents import triggers
from tradewind.contracts.lifecycle import Lifecycle, Transition


class StepState(StrEnum):
    """How far a step has come. From `signed` on the swap may happen on the chain."""

    PLANNED = "planned"
    SIGNED = "signed"
    SUBMITTED = "submitted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


def _step_lines() -> tuple[Transition[StepState], ...]:
    s = StepState
    return (
        Transition(None, triggers.PLANNED, s.PLANNED),
        Transition(s.PLANNED, triggers.STEP_SIGNED, s.SIGNED),
        Transition(s.PLANNED, triggers.STEP_SUBMITTED, s.SUBMITTED),
        Transition(s.SIGNED, triggers.STEP_SUBMITTED, s.SUBMITTED),
        Transition(s.SUBMITTED, triggers.STEP_REORGED, s.SUBMITTED),
        Transition(s.SUBMITTED, triggers.FILLED_PARTLY, s.PARTIALLY_FILLED),
        Transition(s.SUBMITTED, triggers.FILLED, s.FILLED),
        Transition(s.PARTIALLY_FILLED, triggers.FILLED_PARTLY, s.PARTIALLY_FILLED),
        Transition(s.PARTIALLY_FILLED, triggers.FILLED, s.FILLED),
        Transition(s.PLANNED, triggers.NOT_SUBMITTED, s.FAILED),
        *(
            Transition(state, proof, s.FAILED)
            for state in (s.SIGNED, s.SUBMITTED)
            for proof in (triggers.REVERTED, triggers.CANCELLED_ON_CHAIN, triggers.NONCE_TAKEN)
        ),
        Transition(s.PARTIALLY_FILLED, triggers.CANCELLED_ON_CHAIN, s.FAILED),
        Transition(s.PLANNED, triggers.EXPIRED, s.EXPIRED),
        Transition(s.PLANNED, triggers.CANCELLED, s.CANCELLED),
        *(
            Transition(state, triggers.CANCELLED_IN_FLIGHT, s.CANCELLED)
            for state in (s.SIGNED, s.SUBMITTED, s.PARTIALLY_FILLED)
        ),
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
        StepState.CANCELLED: "The intent was cancelled: nothing more of it happens.",
    },
    _step_lines(),
    {
        StepState.SIGNED: triggers.ORCHESTRATOR,
        StepState.SUBMITTED: triggers.ORCHESTRATOR,
        StepState.PARTIALLY_FILLED: triggers.ORCHESTRATOR,
    },
)
