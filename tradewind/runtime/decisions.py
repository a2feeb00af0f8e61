"""What a role decided about an event, kept as it is published, so that a redelivery repeats it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Protocol

from tradewind.contracts.envelope import AnyEvent, InvalidEvent, parse_event
from tradewind.errors import UnknownOutcome

LINE_END: Final = b"\n"
"""It separates the events of a decision; JSON without white space has none."""


class DecisionUnavailable(UnknownOutcome):
    """The journal of decisions cannot be asked. Ask again later; until then nothing is published.

    The decision may have been kept, so only the journal can tell what it is.
    """

    code = "DECISION_UNAVAILABLE"


class NoDecisionJournal(TypeError):
    """A worker runs an actor that keeps its decisions, and was given no journal to keep them in."""


class DecisionKey(NamedTuple):
    """What was decided about, and by whom: several queue groups may decide about one event."""

    cause_event_id: str
    queue_group: str


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as it is kept and published: its bytes are never made again.

    Made again by a later version of the product, they might differ.
    """

    event_id: str
    correlation_id: str
    causation_id: str
    topic: str
    subject: str
    data: bytes
    fencing_token: str = field(default="", compare=False)
    """In which life of the database it was kept or found; empty where that does not matter."""

    def to_bytes(self) -> bytes:
        """Return the event as JSON."""
        return self.data


type Decision = tuple[KeptEvent, ...]
"""The events that follow, in order. Deciding that none follows is a decision, too."""


def decision_of(events: Iterable[AnyEvent | KeptEvent] | None) -> Decision:
    """Return events as they are kept."""
    return tuple(kept(one) for one in events or ())


def kept(event: AnyEvent | KeptEvent) -> KeptEvent:
    """Return an event as it is kept and published, whatever keeps it."""
    return event if isinstance(event, KeptEvent) else _as_kept(event, event.to_bytes())


def carrying(decision: Decision, fencing_token: str) -> Decision:
    """Return a decision that says when it is published in which life of the database it is kept."""
    return tuple(replace(one, fencing_token=fencing_token) for one in decision)


def to_lines(decision: Decision) -> bytes:
    """Return the bytes of a decision, one event a line."""
    return LINE_END.join(one.data for one in decision)


def from_lines(lines: bytes) -> Decision:
    """Return a decision from its bytes.

    DecisionUnavailable when a later version of the product kept it, and this one cannot read it.
    """
    return tuple(_from_line(line) for line in lines.split(LINE_END)) if lines else ()


def _from_line(line: bytes) -> KeptEvent:
    try:
        event = parse_event(line)
    except InvalidEvent as error:
        raise DecisionUnavailable(f"what is kept cannot be read: {error}") from error
    return _as_kept(event, line)


def _as_kept(event: AnyEvent, data: bytes) -> KeptEvent:
    return KeptEvent(
        event.event_id,
        event.correlation_id,
        event.causation_id,
        event.topic,
        event.subject,
        data,
    )


class DecisionJournal(Protocol):
    """Keeps decisions for ever. Both methods raise DecisionUnavailable."""

    async def find(self, key: DecisionKey) -> Decision | None:
        """Return what was decided, or None while nothing was."""
        ...

    async def keep(self, key: DecisionKey, decision: Decision) -> Decision:
        """Keep a decision unless there is one, and return the one that is kept."""
        ...


class MemoryDecisions:
    """Keeps decisions in this process: for the broker in memory, and for tests."""

    def __init__(self) -> None:
        self._lines: dict[DecisionKey, bytes] = {}

    async def find(self, key: DecisionKey) -> Decision | None:
        """Return what was decided, or None while nothing was."""
        lines = self._lines.get(key)
        return None if lines is None else from_lines(lines)

    async def keep(self, key: DecisionKey, decision: Decision) -> Decision:
        """Keep a decision unless there is one, and return the one that is kept."""
        return from_lines(self._lines.setdefault(key, to_lines(decision)))
