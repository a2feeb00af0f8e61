"""Finds decisions in histories: an event that a role acted on, and the events it caused."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from actors.decider import Decider
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.payloads import IntentCancelled
from tradewind.contracts.payload import Payload
from tradewind.contracts.roles import deciders as roles_by_topic

INPUTS: Final = "inputs"
TOPIC: Final = "topic"
_NOT_COMPARED: Final = {INPUTS, "max_notional_usd", "max_slippage_limit"}
"""Events repeat these settings; the same decision may follow from other settings."""


type Content = list[dict[str, Any]]
"""Topic and content of each event of a decision."""


@dataclass(slots=True)
class Decision:
    """A cause and the events of a role that followed; `recorded` is empty when none did."""

    cause: AnyEvent
    role: str
    decider: Decider
    recorded: list[AnyEvent] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the role has emitted all its events for this cause."""
        return self.decider.is_complete(self.recorded)


class DecisionReader:
    """Reads decisions from the events of many histories, each in its own order."""

    def __init__(self, deciders: Mapping[str, Decider]) -> None:
        self._deciders = deciders
        self._roles = roles_by_topic()
        self._open: dict[str, Decision] = {}

    def take(self, events: Iterable[AnyEvent]) -> Iterator[Decision]:
        """Return the decisions that these events complete."""
        for event in events:
            opened = self._open.get(event.correlation_id)
            if opened is not None and isinstance(event.payload, IntentCancelled):
                # Somebody asked for it: no role decided on what is recorded.
                self._open.pop(event.correlation_id)
            elif opened is not None:
                opened.recorded.append(event)
                if opened.is_complete:
                    yield self._open.pop(event.correlation_id)
            role = self._roles.get(event.topic, "")
            if role in self._deciders:
                self._open[event.correlation_id] = Decision(event, role, self._deciders[role])

    def unfinished(self) -> list[Decision]:
        """Return the decisions that are not complete at the end of the events."""
        return list(self._open.values())


def is_equal(one: Sequence[AnyEvent], other: Sequence[AnyEvent]) -> bool:
    """Return whether two decisions certainly have the same content; False settles nothing.

    It compares values where `content_of` writes them, which takes most of the time of a repetition.
    """
    return len(one) == len(other) and all(
        _is_equal_payload(mine.payload, theirs.payload)
        for mine, theirs in zip(one, other, strict=True)
    )


def _is_equal_payload(one: Payload, other: Payload) -> bool:
    if type(one) is not type(other):
        return False
    theirs = other.__dict__
    return all(
        name in _NOT_COMPARED or _is_equal_value(value, theirs[name])
        for name, value in one.__dict__.items()
    )


def _is_equal_value(one: object, other: object) -> bool:
    """Return whether two values are written the same: of equal decimals, 1.0 and 1.00 are not."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, Decimal):
        assert isinstance(other, Decimal)
        return one == other and one.same_quantum(other)
    if isinstance(one, BaseModel):
        values, others = one.__dict__, other.__dict__
        return all(_is_equal_value(value, others[name]) for name, value in values.items())
    if isinstance(one, tuple):
        assert isinstance(other, tuple)
        pairs = zip(one, other, strict=True)
        return len(one) == len(other) and all(_is_equal_value(*pair) for pair in pairs)
    return one == other and not isinstance(one, dict)


def content_of(events: Iterable[AnyEvent]) -> Content:
    """Return topic and content of events, without the inputs and settings they repeat."""
    return [
        {TOPIC: event.topic} | event.payload.model_dump(mode="json", exclude=_NOT_COMPARED)
        for event in events
    ]
