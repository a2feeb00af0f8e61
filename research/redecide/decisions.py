"""Finds decisions in histories: an event some role had to act on, and what it said to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from actors.decider import Decider
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.roles import consumers

INPUTS: Final = "inputs"
_NOT_COMPARED: Final = {INPUTS, "max_notional_usd", "max_slippage_limit"}
"""What an event repeats of the settings: by other ones the same may be decided."""


@dataclass(slots=True)
class Decision:
    """What a role said to an event; `recorded` is empty while it said nothing."""

    cause: AnyEvent
    role: str
    decider: Decider
    recorded: list[AnyEvent] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the role has said all."""
        return self.decider.is_complete(self.recorded)


class DecisionReader:
    """Takes the events of any number of histories, each in its order."""

    def __init__(self, deciders: Mapping[str, Decider]) -> None:
        self._deciders = deciders
        self._consumers = consumers()
        self._open: dict[str, Decision] = {}

    def take(self, events: Iterable[AnyEvent]) -> Iterator[Decision]:
        """Return the decisions that these events complete."""
        for event in events:
            opened = self._open.get(event.correlation_id)
            if opened is not None:
                opened.recorded.append(event)
                if opened.is_complete:
                    yield self._open.pop(event.correlation_id)
            role = self._consumers.get(event.topic, "")
            if role in self._deciders:
                self._open[event.correlation_id] = Decision(event, role, self._deciders[role])

    def unfinished(self) -> list[Decision]:
        """Return what nobody has decided so far."""
        return list(self._open.values())


def content_of(events: Iterable[AnyEvent]) -> list[dict[str, Any]]:
    """Return topic and content of events, without what they were decided on or by."""
    return [
        {"topic": event.topic} | event.payload.model_dump(mode="json", exclude=_NOT_COMPARED)
        for event in events
    ]
