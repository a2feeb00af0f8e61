"""What one intent of the demo went through, as seen from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tradewind.contracts.execution.payloads import (
    ExecutionStarted,
    StepFilled,
)
from tradewind.contracts.intents.lifecycle import INTENT
from tradewind.contracts.venues import SIMULATED
from tradewind.operations.demo.descriptions import describe
from tradewind.operations.demo.scenarios import Scenario

TERMINAL_TOPICS: Final = frozenset(
    line.trigger.topic for line in INTENT.transitions if line.target in INTENT.terminal
)


class Moment(NamedTuple):
    """An event and when the client saw it, in milliseconds after the request was sent."""

    event_id: str
    topic: str
    sequence: int
    at_ms: float
    since_previous_ms: float
    payload: Mapping[str, Any]

    @property
    def detail(self) -> str:
        """The part of the payload that a reader of the timeline wants to see."""
        return describe(self.topic, self.payload)


@dataclass
class Journey:
    """One intent from its request to its last event.

    Delivery is at least once: the ingress relay, the sweeper and a redelivery all send events
    again, at any time. An event is therefore known by its id, the first copy seen counts, and the
    order is that of the sequence.
    """

    number: int
    scenario: Scenario
    sent_at: float
    """Seconds on the client's monotonic clock."""
    intent_id: str | None = None
    problem: str | None = None
    """Why the request itself was refused."""
    copies: int = 0
    """How many events came again."""
    _moments: dict[str, Moment] = field(default_factory=dict)
    """By event id, in the order they were first seen."""

    def see(self, event: Mapping[str, Any], seen_at: float) -> Moment | None:
        """Note an event of this intent; None when it is a copy of one that was seen before."""
        if event["eventId"] in self._moments:
            self.copies += 1
            return None
        at_ms = (seen_at - self.sent_at) * 1_000
        previous_ms = next((one.at_ms for one in reversed(self._moments.values())), 0.0)
        moment = Moment(
            event["eventId"],
            event["topic"],
            event["sequence"],
            at_ms,
            at_ms - previous_ms,
            event["payload"],
        )
        self._moments[moment.event_id] = moment
        return moment

    @property
    def moments(self) -> list[Moment]:
        """Every event once, by sequence."""
        return sorted(self._moments.values(), key=lambda moment: moment.sequence)

    @property
    def fills(self) -> list[Moment]:
        """The fills, by sequence."""
        return [moment for moment in self.moments if moment.topic == StepFilled.topic]

    @property
    def venue(self) -> str | None:
        """Where it is executed, once that has begun."""
        started = (one for one in self.moments if one.topic == ExecutionStarted.topic)
        return next((one.payload.get("venue") for one in started), None)

    @property
    def chain_fill(self) -> Mapping[str, Any] | None:
        """The payload of its last fill on a chain."""
        if not self.fills or self.venue in (None, SIMULATED):
            return None
        return self.fills[-1].payload

    @property
    def ended(self) -> bool:
        """Whether nothing new will come: the last event is terminal and none before is missing."""
        if self.problem is not None:
            return True
        moments = self.moments
        return bool(moments) and moments[-1].topic in TERMINAL_TOPICS and not _has_gap(moments)

    @property
    def fault(self) -> str | None:
        """Return in which way the journey did not go as the scenario says; None if it did."""
        if self.problem is not None:
            return self.problem
        moments = self.moments
        if not moments:
            return "no event at all"
        if moments[-1].topic not in TERMINAL_TOPICS:
            return f"still at {moments[-1].topic}"
        if _has_gap(moments):
            return f"sequence {[moment.sequence for moment in moments]} has a gap"
        return self._wrong_end(moments[-1])

    def _wrong_end(self, last: Moment) -> str | None:
        scenario = self.scenario
        if last.topic != scenario.ends_with:
            return f"{last.topic} ({last.detail}), not {scenario.ends_with}"
        if scenario.reason is not None and not last.detail.startswith(scenario.reason):
            return f"{last.detail}, not {scenario.reason}"
        if self.venue not in (None, scenario.venue):
            return f"executed on {self.venue}, not {scenario.venue}"
        if len(self.fills) < scenario.least_fills:
            return f"{len(self.fills)} of at least {scenario.least_fills} fills"
        return None


def _has_gap(moments: Sequence[Moment]) -> bool:
    """Two events of one sequence count as a gap too: a history has one event at each."""
    return [moment.sequence for moment in moments] != list(range(1, len(moments) + 1))
