"""What one intent of the demo went through, as seen from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
)
from tradewind.contracts.intents.payloads import IntentCancelled, IntentExpired
from tradewind.contracts.plans.model import SIMULATED
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.operations.demo.descriptions import describe
from tradewind.operations.demo.scenarios import Scenario

TERMINAL_TOPICS: Final = frozenset(
    payload.topic
    for payload in (
        ExecutionCompleted,
        ExecutionFailed,
        IntentCancelled,
        IntentExpired,
        PlanRejected,
        RiskRejected,
    )
)


class Moment(NamedTuple):
    """An event and when the client saw it, in milliseconds after the request was sent."""

    topic: str
    sequence: int
    at_ms: float
    since_previous_ms: float
    detail: str


@dataclass
class Journey:
    """One intent from its request to its last event."""

    number: int
    scenario: Scenario
    sent_at: float
    """Seconds on the client's monotonic clock."""
    intent_id: str | None = None
    moments: list[Moment] = field(default_factory=list)
    problem: str | None = None
    """Why the request itself was refused."""
    venue: str | None = None
    """Where it is executed, once that has begun."""
    chain_fill: Mapping[str, Any] | None = None
    """The payload of its last fill on a chain."""

    def see(self, event: Mapping[str, Any], seen_at: float) -> Moment:
        """Note an event of this intent and return it as a moment of the journey."""
        at_ms = (seen_at - self.sent_at) * 1_000
        previous_ms = self.moments[-1].at_ms if self.moments else 0.0
        moment = Moment(
            event["topic"],
            event["sequence"],
            at_ms,
            at_ms - previous_ms,
            describe(event["topic"], event["payload"]),
        )
        self.moments.append(moment)
        self._note_venue(event["topic"], event["payload"])
        return moment

    def _note_venue(self, topic: str, payload: Mapping[str, Any]) -> None:
        if topic == ExecutionStarted.topic:
            self.venue = payload.get("venue")
        elif topic == StepFilled.topic and self.venue not in (None, SIMULATED):
            self.chain_fill = payload

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.problem is not None or (
            bool(self.moments) and self.moments[-1].topic in TERMINAL_TOPICS
        )

    @property
    def fault(self) -> str | None:
        """Return in which way the journey did not go as the scenario says; None if it did."""
        if self.problem is not None:
            return self.problem
        if not self.ended:
            return f"still at {self.moments[-1].topic}" if self.moments else "no event at all"
        sequences = [moment.sequence for moment in self.moments]
        if sequences != list(range(1, len(sequences) + 1)):
            return f"sequence {sequences} has a gap"
        return self._wrong_end()

    def _wrong_end(self) -> str | None:
        last, scenario = self.moments[-1], self.scenario
        if last.topic != scenario.ends_with:
            return f"{last.topic} ({last.detail}), not {scenario.ends_with}"
        if scenario.reason is not None and not last.detail.startswith(scenario.reason):
            return f"{last.detail}, not {scenario.reason}"
        if self.venue not in (None, scenario.venue):
            return f"executed on {self.venue}, not {scenario.venue}"
        fills = sum(moment.topic == StepFilled.topic for moment in self.moments)
        if fills < scenario.least_fills:
            return f"{fills} of at least {scenario.least_fills} fills"
        return None
