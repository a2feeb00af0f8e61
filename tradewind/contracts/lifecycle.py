"""Lifecycles as transition tables: which event may move a thing from which state to which.

A table decides by state, trigger and facts alone. A transition it does not list is illegal: the
fold leaves the state as it is and counts the event in the document's `illegal_events`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from tradewind.contracts.payload import Payload
from tradewind.contracts.roles import Role


class Trigger(NamedTuple):
    """An event that moves a lifecycle: its topic, and its payload's `case` where that matters."""

    topic: str
    case: str = ""

    def __str__(self) -> str:
        return f"{self.topic} ({self.case})" if self.case else self.topic


def trigger_of(payload: Payload, topic: str) -> Trigger:
    """Return the trigger of an event with this payload."""
    return _trigger(topic, payload.case)


@cache
def _trigger(topic: str, case: str) -> Trigger:
    return Trigger(topic, case)


class Facts(NamedTuple):
    """What is known of an intent beside its state; guards check these."""

    risk_approved: bool = False
    in_flight: bool = False
    """A step was handed to the venue and its final receipt is missing: the outcome is unknown."""
    every_step_filled: bool = False


class Guard(StrEnum):
    """A condition on the facts. The value is its text in the generated documentation."""

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
    """The role that has to resolve an unknown outcome, and the payload field with its deadline."""

    owner: Role
    deadline: str


@dataclass(frozen=True, slots=True)
class Transition[S: StrEnum]:
    """One line of a table. A source of None is the state before the first event."""

    source: S | None
    trigger: Trigger
    target: S
    guard: Guard = Guard.NONE


class Lifecycle[S: StrEnum]:
    """A table of transitions.

    `unknown` maps each state in which money may have moved to the role that has to resolve it.
    """

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
        self._lines = {(line.source, line.trigger): line for line in transitions}
        if len(self._lines) != len(transitions):
            raise ValueError(f"{name}: two lines for one state and trigger")

    def next(self, state: S | None, trigger: Trigger, facts: Facts) -> S | None:
        """Return the state after `trigger`, or None when the table forbids it."""
        line = self._lines.get((state, trigger))
        return line.target if line is not None and line.guard.holds(facts) else None
