"""Makes the frame of a stored message, once for all clients."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson

from gateway.metrics import STREAM_SKIPPED
from gateway.ports import StoredMessage
from gateway.stream.facets import NO_FACTS, SIGNAL_DOMAINS, Facts, facts_in
from gateway.stream.framing import text_frame
from gateway.stream.topic_patterns import MARKET_DOMAIN, PORTFOLIO_DOMAIN
from tradewind.contracts.envelope import MAX_EVENT_BYTES, Event
from tradewind.contracts.registry import PAYLOADS
from tradewind.contracts.subjects import published_subject

_TEACHING: Final = (b"strategy", b"\\")
"""An event that names a strategy has a field of this name, or an escape that may hide it."""

_FIELDS: Final = frozenset(field.alias for field in Event.model_fields.values())
_END: Final = b"}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What clients get of an event: the envelope's own bytes and `streamSequence`, framed."""

    sequence: int
    topic: str
    correlation_id: str
    portfolio_id: str
    strategy_id: str | None
    """The event's own strategy; most events leave it to the first of their history."""
    wire: bytes
    """A whole WebSocket frame."""
    payload_bytes: int
    owners: tuple[str, ...] = ()
    """Whose the portfolio is that an event of one is about."""
    facts: Facts = NO_FACTS
    """What filters ask of an event of a signal, as far as it says that itself."""

    @property
    def text(self) -> str:
        """The JSON in the frame."""
        return self.wire[-self.payload_bytes :].decode()

    @property
    def droppable(self) -> bool:
        """Whether a slow client may miss the frame, because the next one replaces it."""
        return self.topic.startswith(f"{MARKET_DOMAIN}.")


class StreamEvent:
    """A message of the stream; its frame is made when it is first asked for."""

    def __init__(self, message: StoredMessage) -> None:
        self.sequence = message.sequence
        self.size_bytes = len(message.data)
        self._message = message

    @property
    def may_teach(self) -> bool:
        """Whether later events of its history may be told apart by what this one says.

        It says so without reading the event: most teach nothing, and nobody may ask for a frame.
        """
        message = self._message
        return message.subject.startswith(SIGNAL_DOMAINS) or any(
            text in message.data for text in _TEACHING
        )

    @cached_property
    def frame(self) -> Frame | None:
        """The frame; None when bytes or subject are not those of an event."""
        frame = _frame_of(self._message)
        if frame is None:
            STREAM_SKIPPED.inc()
        return frame


def _frame_of(message: StoredMessage) -> Frame | None:
    """Splice the stream sequence into the stored bytes, if they are an envelope of this subject.

    Whoever published the event has validated its payload. What is checked again is what clients and
    filters rely on, because that costs a twentieth of reading the whole event.
    """
    data = message.data
    if len(data) > MAX_EVENT_BYTES or not data.endswith(_END):
        return None
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(document, dict) or document.keys() != _FIELDS:
        return None
    topic, correlation_id, key = document["topic"], document["correlationId"], document["key"]
    payload = document["payload"]
    if not (isinstance(payload, dict) and isinstance(correlation_id, str)):
        return None
    if not _is_of_subject(document, published_subject(message.subject)):
        return None
    strategy_id = _strategy_in(payload)
    spliced = b'%b,"streamSequence":%d}' % (data[:-1], message.sequence)
    return Frame(
        message.sequence,
        topic,
        correlation_id,
        key["portfolio"],
        strategy_id,
        text_frame(spliced),
        len(spliced),
        _owners_in(payload) if topic.startswith(f"{PORTFOLIO_DOMAIN}.") else (),
        facts_in(topic, payload),
    )


def _strategy_in(payload: dict[str, Any]) -> str | None:
    """Return the strategy a payload names, itself or in the intent or the terms it carries."""
    intent = payload.get("intent", payload.get("terms"))
    carried = intent.get("strategy_id") if isinstance(intent, dict) else None
    strategy_id = payload.get("strategyId", carried)
    return strategy_id if isinstance(strategy_id, str) else None


def _owners_in(payload: dict[str, Any]) -> tuple[str, ...]:
    """Return whose a portfolio is, as its event says; nobody where that cannot be read."""
    owners = payload.get("strategies")
    if isinstance(owners, list) and all(isinstance(one, str) for one in owners):
        return tuple(owners)
    return ()


def _is_of_subject(document: dict[str, Any], subject: str) -> bool:
    """Return whether topic, version and key are known ones, and those of the subject."""
    topic, key = document["topic"], document["key"]
    if not isinstance(topic, str) or topic not in PAYLOADS:
        return False
    if document["version"] != PAYLOADS[topic].version or not isinstance(key, dict):
        return False
    return subject == f"{topic}.{key.get('instrument')}.{key.get('portfolio')}"
