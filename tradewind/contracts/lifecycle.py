"""Lifecycles as tables: which event may move what from which state to which.

A table decides by state, trigger and facts alone. What it does not list is illegal: the reader
leaves the state as it is and counts the event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from tradewind.contracts.payload import Payload
from tradewind.contracts.roles import Role


class Trigger(NamedTuple):
    """What moves a lifecycle: a topic, and the case of its payload where cases differ."""

    topic: str
    case: str = ""

    def __str__(self) -> str:
        return f"{self.topic} ({self.case})" if self.case else self.topic


def trigger_of(payload: Payload, topic: str) -> Trigger:
    """Return the trigger an event with this payload is."""
    return _trigger(topic, payload.case)


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
