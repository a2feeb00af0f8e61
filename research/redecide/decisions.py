"""Finds decisions in histories: an event somebody had to act on, and what he said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.plans.limits import PlanInputs
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.limits import RiskInputs
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected
from tradewind.contracts.roles import Role, consumers

INPUTS: Final = "inputs"
_NOT_COMPARED: Final = {INPUTS, "max_notional_usd", "max_slippage_limit"}
"""What an event repeats of the settings: by other ones the same may be decided."""
_DECIDERS: Final = (Role.RISK, Role.PLANNER)
_VERDICTS: Final = (RiskApproved, RiskRejected, PlanCreated, PlanRejected, IntentExpired)


@dataclass(slots=True)
class Decision:
    """What a role said to an event; `recorded` is empty while it said nothing."""

    cause: AnyEvent
    role: Role
    recorded: list[AnyEvent] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the role has said all: what risk approves it accepts in the same breath."""
        return bool(self.recorded) and not isinstance(self.recorded[-1].payload, RiskApproved)

    @property
    def is_verdict(self) -> bool:
        """Whether the role decided, and nothing else came between."""
        return bool(self.recorded) and isinstance(self.recorded[0].payload, _VERDICTS)

    @property
    def inputs(self) -> RiskInputs | PlanInputs | None:
        """What was decided on; None where that was not recorded."""
        inputs: RiskInputs | PlanInputs | None = None
        if self.is_verdict:
            inputs = getattr(self.recorded[0].payload, INPUTS)
        return inputs


class DecisionReader:
    """Takes the events of any number of histories, each in its order."""

    def __init__(self) -> None:
        self._open: dict[str, Decision] = {}

    def take(self, events: Iterable[AnyEvent]) -> Iterator[Decision]:
        """Return the decisions that these events complete."""
        for event in events:
            opened = self._open.get(event.correlation_id)
            if opened is not None:
                opened.recorded.append(event)
                if opened.is_complete:
                    yield self._open.pop(event.correlation_id)
            role = consumers().get(event.topic)
            if role in _DECIDERS:
                self._open[event.correlation_id] = Decision(event, role)

    def unfinished(self) -> list[Decision]:
        """Return what nobody has decided so far."""
        return list(self._open.values())


def content_of(events: Iterable[AnyEvent]) -> list[dict[str, Any]]:
    """Return topic and content of events, without what they were decided on or by."""
    return [
        {"topic": event.topic} | event.payload.model_dump(mode="json", exclude=_NOT_COMPARED)
        for event in events
    ]
