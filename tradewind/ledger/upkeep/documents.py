"""What operators are shown of things set aside, on the command line and by the gateway alike.

Bytes are shown as text without the credentials in it; their hash is that of the bytes as they are.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Self

from pydantic import PlainSerializer, WithJsonSchema

from tradewind.contracts.envelope import InvalidEvent, parse_event
from tradewind.contracts.system.dead_letters import redact, without_credentials
from tradewind.contracts.wire import Document
from tradewind.ledger.upkeep.dead_letters import Action, DeadLetterRequest, ListedDeadLetter, State
from tradewind.ledger.upkeep.set_aside import ParkedEvent, QuarantinedMessage
from tradewind.ledger.upkeep.stalled import StalledHistory

Moment = Annotated[
    datetime,
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time as the database has it, to the microsecond."""


class DeadLetterDocument(Document):
    """A message that a queue group gave up."""

    id: str
    """`<durable>-<stream sequence>`."""
    state: State
    note: str
    """Why it was resolved."""
    at: Moment
    """When it was recorded."""
    queue_group: str
    subject: str
    """Where it was published."""
    reason: str
    error: str
    attempts: int
    stream_sequence: int
    correlation_id: str | None
    """The correlation it names, if it names one."""
    size_bytes: int

    @classmethod
    def of(cls, one: ListedDeadLetter, **more: object) -> Self:
        """Return the document of a dead letter."""
        return cls.model_validate(
            {
                "id": one.dead_letter_id,
                "state": one.state,
                "note": one.note,
                "at": one.recorded_at,
                "queue_group": one.queue_group,
                "subject": one.subject,
                "reason": one.reason,
                "error": redact(one.error),
                "attempts": one.attempts,
                "stream_sequence": one.stream_sequence,
                "correlation_id": one.correlation_id,
                "size_bytes": one.size_bytes,
                **more,
            }
        )


class RequestDocument(Document):
    """What somebody asked the gateway to do with a dead letter."""

    action: Action
    note: str
    requested_by: str
    """The id of the key."""
    requested_at: Moment
    done_at: Moment | None
    """When the sweeper did it; null while it has not."""

    @classmethod
    def of(cls, one: DeadLetterRequest) -> Self:
        """Return the document of a request."""
        return cls(**one._asdict())


class WholeDeadLetter(DeadLetterDocument):
    """A dead letter with its bytes, and what was asked for about it."""

    body: str
    sha256: str
    """Of the bytes as they are."""
    requests: tuple[RequestDocument, ...] = ()


def whole_dead_letter(
    one: ListedDeadLetter, requests: tuple[RequestDocument, ...] = ()
) -> WholeDeadLetter:
    """Return the document of a dead letter that was read with its bytes."""
    body = one.body or b""
    return WholeDeadLetter.of(one, requests=requests, **_shown(body))


class QuarantinedDocument(Document):
    """A message that the ledger refused."""

    id: int
    reason: str
    detail: str
    subject: str
    stream_sequence: int
    at: Moment
    """When it was quarantined."""
    size_bytes: int
    correlation_id: str | None
    """The correlation it names, if it names one."""

    @classmethod
    def of(cls, one: QuarantinedMessage, **more: object) -> Self:
        """Return the document of a message."""
        return cls.model_validate(
            {
                "id": one.id,
                "reason": one.reason.value,
                "detail": one.detail,
                "subject": one.subject,
                "stream_sequence": one.stream_sequence,
                "at": one.quarantined_at,
                "size_bytes": one.size_bytes,
                "correlation_id": one.correlation_id,
                **more,
            }
        )


class WholeQuarantined(QuarantinedDocument):
    """A message with its bytes; the other fields are null unless the bytes are an event."""

    body: str
    sha256: str
    """Of the bytes as they are."""
    event_id: str | None = None
    sequence: int | None = None
    producer: str | None = None


def whole_quarantined(one: QuarantinedMessage) -> WholeQuarantined:
    """Return the document of a message that was read with its bytes."""
    body = one.body or b""
    content: dict[str, object] = {}
    try:
        event = parse_event(body)
    except InvalidEvent:
        pass
    else:
        content = {
            "event_id": event.event_id,
            "correlation_id": event.correlation_id,
            "sequence": event.sequence,
            "producer": event.producer,
        }
    return WholeQuarantined.of(one, **content, **_shown(body))


def _shown(body: bytes) -> dict[str, object]:
    text = body.decode("utf-8", "backslashreplace")
    return {"body": without_credentials(text), "sha256": hashlib.sha256(body).hexdigest()}


class ParkedDocument(Document):
    """An event that arrived before its predecessor."""

    correlation_id: str
    sequence: int
    event_id: str
    subject: str
    missing_sequence: int
    """The sequence it waits for."""
    parked_at: Moment
    waiting_seconds: float
    stream_sequence: int

    @classmethod
    def of(cls, one: ParkedEvent) -> Self:
        """Return the document of a parked event."""
        return cls(
            correlation_id=one.correlation_id,
            sequence=one.sequence,
            event_id=one.event_id,
            subject=one.subject,
            missing_sequence=one.missing_sequence,
            parked_at=one.parked_at,
            waiting_seconds=round(one.waiting.total_seconds(), 3),
            stream_sequence=one.stream_sequence,
        )


class StalledDocument(Document):
    """An open history without recent events."""

    correlation_id: str
    last_topic: str
    last_sequence: int
    since: Moment
    """When its last event was recorded."""
    waits_for: str | None
    """The role that has to act; null when none has to."""
    sent_again: int
    """How often the sweeper sent the event again that the role has to act on."""
    given_up: bool

    @classmethod
    def of(cls, one: StalledHistory, holder: str | None, max_attempts: int) -> Self:
        """Return the document of a stalled history."""
        return cls(
            correlation_id=one.correlation_id,
            last_topic=one.last_topic,
            last_sequence=one.last_sequence,
            since=one.since,
            waits_for=holder,
            sent_again=one.attempts,
            given_up=one.attempts >= max_attempts,
        )
