"""The events of one intent of the demo, as a client received them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tradewind.contracts.execution.payloads import (
    ExecutionStarted,
    StepFilled,
)
from tradewind.contracts.intents.lifecycle import INTENT
from tradewind.contracts.risk.limits import SETTINGS
from tradewind.contracts.risk.payloads import RiskApprovalRequired, RiskRejected
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
    """The reason why the gateway refused the request."""
    copies: int = 0
    """How many copies of earlier events arrived."""
    _moments: dict[str, Moment] = field(default_factory=dict)
    """By event id, in the order they were first seen."""

    def see(self, event: Mapping[str, Any], seen_at: float) -> Moment | None:
        """Record an event of this intent; None when it is a copy of an earlier one."""
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
        """Every event once, ordered by sequence."""
        return sorted(self._moments.values(), key=lambda moment: moment.sequence)

    @property
    def fills(self) -> list[Moment]:
        """The fills, ordered by sequence."""
        return [moment for moment in self.moments if moment.topic == StepFilled.topic]

    @property
    def venue(self) -> str | None:
        """The venue, or None before execution started."""
        started = (one for one in self.moments if one.topic == ExecutionStarted.topic)
        return next((one.payload.get("venue") for one in started), None)

    @property
    def chain_fill(self) -> Mapping[str, Any] | None:
        """The payload of its last fill on a chain."""
        if not self.fills or self.venue in (None, SIMULATED):
            return None
        return self.fills[-1].payload

    @property
    def waits_for_approval(self) -> bool:
        """Whether it waits until a person approves it, which may take longer than any demo."""
        moments = self.moments
        waits = bool(moments) and moments[-1].topic == RiskApprovalRequired.topic
        return waits and not _has_gap(moments)

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come: its last event is there, or it waits for a person."""
        if self.problem is not None or self.waits_for_approval:
            return True
        moments = self.moments
        return bool(moments) and moments[-1].topic in TERMINAL_TOPICS and not _has_gap(moments)

    @property
    def refused_by(self) -> str | None:
        """The limit that refused it, where somebody set one on this platform; else None.

        The scenarios know the limits of the settings and no others. What a risk policy or the
        registry of instruments refuses is refused as it has to be.
        """
        moments = self.moments
        if not moments or moments[-1].topic != RiskRejected.topic:
            return None
        checks = moments[-1].payload.get("checks") or ()
        failed: Mapping[str, Any] = next((one for one in checks if not one["passed"]), {})
        scope = failed.get("scope")
        return None if scope in (None, SETTINGS) else f"{failed['rule']} ({scope})"

    @property
    def fault(self) -> str | None:
        """How the history differs from the scenario; None when it does not."""
        if self.problem is not None:
            return self.problem
        moments = self.moments
        if not moments:
            return "no event at all"
        if self.waits_for_approval:
            return None
        if moments[-1].topic not in TERMINAL_TOPICS:
            return f"still at {moments[-1].topic}"
        if _has_gap(moments):
            return f"sequence {[moment.sequence for moment in moments]} has a gap"
        return self._wrong_end(moments[-1])

    def _wrong_end(self, last: Moment) -> str | None:
        scenario = self.scenario
        if self.refused_by is not None:
            return None
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
    """Return whether the sequences are not 1, 2, 3 …: a repeated one counts as a gap too."""
    return [moment.sequence for moment in moments] != list(range(1, len(moments) + 1))
