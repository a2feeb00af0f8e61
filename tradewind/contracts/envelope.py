"""The envelope that every event travels and is recorded in (seed 001 section 5.2)."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tradewind.contracts.ids import (
    MAX_CORRELATION_ID_LENGTH,
    MAX_SEQUENCE,
    CorrelationId,
    Ulid,
    derive_event_id,
    parse_correlation_id,
)
from tradewind.contracts.payload import Payload
from tradewind.contracts.reading.description import Description, Undescribed, describe_event
from tradewind.contracts.reading.reader import Delivered, make_reader, make_row_reader
from tradewind.contracts.registry import PAYLOADS
from tradewind.contracts.subjects import EventKey, subject_for
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.contracts.wire import Timestamp, WireModel

MAX_EVENT_BYTES = 256 * 1024

Producer = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_.:-]+$")]
CausationId = Annotated[str, Field(min_length=1, max_length=MAX_CORRELATION_ID_LENGTH)]


class InvalidEvent(ValueError):
    """The bytes are no valid event; `reason` is the stable code of what is wrong with them."""

    def __init__(self, reason: QuarantineReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Event[PayloadT: Payload](WireModel):
    """One thing that happened.

    `causation_id` is the id of the event before it; the first event of a history, which has none
    before it, carries its correlation id there.
    """

    event_id: Ulid
    timestamp: Timestamp
    topic: str
    correlation_id: CorrelationId
    causation_id: CausationId
    sequence: int = Field(ge=1, le=MAX_SEQUENCE)
    key: EventKey
    producer: Producer
    payload: PayloadT
    version: int = Field(ge=1, le=1_000)

    @model_validator(mode="after")
    def _check_identity(self) -> Self:
        parse_correlation_id(self.correlation_id)
        if self.topic != self.payload.topic:
            raise ValueError(f"topic: payload belongs to {self.payload.topic}, not {self.topic}")
        if self.event_id != derive_event_id(self.correlation_id, self.sequence, self.topic):
            raise ValueError("eventId: is not derived from correlationId, sequence and topic")
        return self

    @property
    def subject(self) -> str:
        """The NATS subject this event is published on."""
        return subject_for(self.topic, self.key)

    def to_bytes(self) -> bytes:
        """Return the event as JSON; parsing that and serialising it again gives the same bytes."""
        return self.model_dump_json().encode()


AnyEvent = Event[Any]


def first_event[P: Payload](
    payload: P,
    *,
    correlation_id: str,
    key: EventKey,
    producer: str,
    at: datetime,
    causation_id: str | None = None,
) -> Event[P]:
    """Return the event that opens a history.

    Its causation id is that of the event of another history that led to it, or else its own
    correlation id.
    """
    cause = causation_id or correlation_id
    return _make(payload, correlation_id, cause, 1, key, producer, at)


def event_after[P: Payload](
    payload: P,
    *,
    correlation_id: str,
    last_sequence: int,
    last_topic: str,
    key: EventKey,
    producer: str,
    at: datetime,
) -> Event[P]:
    """Return the event that follows one of which only the place and the topic are at hand."""
    cause = derive_event_id(correlation_id, last_sequence, last_topic)
    return _make(payload, correlation_id, cause, last_sequence + 1, key, producer, at)


def next_events(
    cause: AnyEvent, payloads: Iterable[Payload], *, producer: str, at: datetime
) -> list[AnyEvent]:
    """Return the events that follow `cause`, each caused by the one before it."""
    events: list[AnyEvent] = []
    for payload in payloads:
        events.append(_follow(events[-1] if events else cause, payload, producer, at))
    return events


def _follow(cause: AnyEvent, payload: Payload, producer: str, at: datetime) -> AnyEvent:
    return _make(
        payload,
        cause.correlation_id,
        cause.event_id,
        cause.sequence + 1,
        cause.key,
        producer,
        at,
    )


def _make[P: Payload](
    payload: P,
    correlation_id: str,
    causation_id: str,
    sequence: int,
    key: EventKey,
    producer: str,
    at: datetime,
) -> Event[P]:
    return _event_type(payload.topic)(
        event_id=derive_event_id(correlation_id, sequence, payload.topic),
        timestamp=at,
        topic=payload.topic,
        correlation_id=correlation_id,
        causation_id=causation_id,
        sequence=sequence,
        key=key,
        producer=producer,
        payload=payload,
        version=payload.version,
    )


class _Header(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    topic: str = Field(max_length=64)
    version: int


@cache
def _event_type(topic: str) -> type[AnyEvent]:
    """Return the model of a topic's events, made when the first one comes.

    No process meets every topic, and to make all models takes a tenth of the time in which it
    starts.
    """
    payload: Any = PAYLOADS[topic]
    return Event[payload]


def _describe(topic: str) -> Description | None:
    if topic not in PAYLOADS:
        return None
    try:
        return describe_event(_event_type(topic), topic, PAYLOADS[topic].version)
    except Undescribed:
        return None


_read_canonical, _read_delivered = make_reader(_describe)

describe_topic = _describe
"""Returns the description of a topic's event for what reads rows in Rust; None without one."""

read_proven = make_row_reader(_describe)
"""Returns the event in a row of the ledger, and its bytes; unchecked, because these have its hash.

None means nothing, as that of `read_canonical`.
"""


def read_canonical(data: bytes) -> AnyEvent | None:
    """Return the event in bytes that are what the event's `to_bytes` gives.

    None means nothing: such bytes may hold an event written otherwise, or none, or the extension
    that reads them is not built. `parse_event` tells.
    """
    event: AnyEvent | None = None if len(data) > MAX_EVENT_BYTES else _read_canonical(data)
    return event


def read_delivered(messages: list[Any]) -> list[Delivered | None]:
    """Return what each message of a broker (`subject`, `reply`, `data`) holds.

    None means nothing, as that of `read_canonical`: such a message has to be read by itself, and
    may have another's subject.
    """
    return _read_delivered(messages, MAX_EVENT_BYTES)


def parse_event(data: bytes) -> AnyEvent:
    """Return the event in `data`; InvalidEvent with the reason when it holds none."""
    return read_canonical(data) or parse_by_models(data)


def parse_by_models(data: bytes) -> AnyEvent:
    """Return the event in `data` as the models in Python read it; raises as `parse_event`.

    Topic and version are read first, so that a newer producer's event is quarantined as an unknown
    version and not as invalid.
    """
    if len(data) > MAX_EVENT_BYTES:
        raise InvalidEvent(QuarantineReason.TOO_LARGE, f"{len(data)} of {MAX_EVENT_BYTES} bytes")
    try:
        header = _Header.model_validate_json(data)
    except ValidationError as error:
        raise InvalidEvent(QuarantineReason.MALFORMED, describe(error)) from None
    payload = PAYLOADS.get(header.topic)
    if payload is None:
        raise InvalidEvent(QuarantineReason.UNKNOWN_TOPIC, repr(header.topic))
    if header.version != payload.version:
        raise InvalidEvent(QuarantineReason.UNKNOWN_VERSION, f"{header.topic} v{header.version}")
    try:
        return _event_type(header.topic).model_validate_json(data)
    except ValidationError as error:
        raise InvalidEvent(QuarantineReason.INVALID, describe(error)) from None


def describe(error: ValidationError) -> str:
    """Return the first problem as `field: message`, without the input, which may hold a secret."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    return f"{field}: {first['msg']}"[:300]
