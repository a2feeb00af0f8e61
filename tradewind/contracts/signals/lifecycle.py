"""The lifecycle of a signal."""

from enum import StrEnum
from typing import Final

from tradewind.contracts.decisions.payloads import DecisionConcluded, DecisionMade
from tradewind.contracts.lifecycle import Lifecycle, Transition, Trigger
from tradewind.contracts.signals.payloads import (
    SignalEnriched,
    SignalEvaluated,
    SignalReceived,
    SignalRejected,
)

RECEIVED: Final = Trigger(SignalReceived.topic)
ENRICHED: Final = Trigger(SignalEnriched.topic)
REJECTED: Final = Trigger(SignalRejected.topic)
MADE: Final = Trigger(DecisionMade.topic)
EVALUATED: Final = Trigger(SignalEvaluated.topic)
CONCLUDED: Final = Trigger(DecisionConcluded.topic)
EXPIRED: Final = Trigger(DecisionConcluded.topic, "expired")
DECLINED: Final = Trigger(DecisionConcluded.topic, "declined")


class SignalState(StrEnum):
    """How far a signal has come."""

    RECEIVED = "received"
    ENRICHED = "enriched"
    EVALUATED = "evaluated"
    CONCLUDED = "concluded"
    REJECTED = "rejected"
    EXPIRED = "expired"
    DECLINED = "declined"


def _signal_lines() -> tuple[Transition[SignalState], ...]:
    s = SignalState
    return (
        Transition(None, RECEIVED, s.RECEIVED),
        Transition(s.RECEIVED, ENRICHED, s.ENRICHED),
        Transition(s.RECEIVED, REJECTED, s.REJECTED),
        Transition(s.ENRICHED, MADE, s.ENRICHED),
        Transition(s.ENRICHED, EVALUATED, s.EVALUATED),
        Transition(s.EVALUATED, CONCLUDED, s.CONCLUDED),
        Transition(s.EVALUATED, EXPIRED, s.EXPIRED),
        Transition(s.EVALUATED, DECLINED, s.DECLINED),
    )


SIGNAL: Final = Lifecycle(
    "signal",
    {
        SignalState.RECEIVED: "The gateway took it; the enricher is looking at the market.",
        SignalState.ENRICHED: "It stands beside the market; models are judging it.",
        SignalState.EVALUATED: "The models have answered; the desk concludes, or asks a person.",
        SignalState.CONCLUDED: "A policy concluded from the answers; an intent may have followed.",
        SignalState.REJECTED: "It was too old, too far from the market, or market data lacked.",
        SignalState.EXPIRED: "Its time was over before it could be concluded.",
        SignalState.DECLINED: "A person declined it.",
    },
    _signal_lines(),
    {},
)
