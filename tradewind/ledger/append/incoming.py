"""Messages as they arrive from the stream: valid events, or bytes to quarantine."""

import hashlib
from typing import NamedTuple

from tradewind.contracts.envelope import AnyEvent, InvalidEvent, parse_by_models, read_canonical
from tradewind.contracts.subjects import published_subject
from tradewind.contracts.system.reasons import QuarantineReason


class Incoming(NamedTuple):
    """An event as it came from the stream."""

    event: AnyEvent
    body: bytes
    body_sha256: bytes
    canonical: bytes
    """The event as we serialise it. Where that differs from `body` the ledger keeps both."""
    subject: str
    stream_sequence: int
    fencing_token: str = ""
    """What a decision carries that was kept in a database; see `FencingToken`."""


class Rejected(NamedTuple):
    """Bytes that cannot be appended, and why."""

    reason: QuarantineReason
    detail: str
    body: bytes
    subject: str
    stream_sequence: int


def read_message(
    subject: str, stream_sequence: int, body: bytes, fencing_token: str = ""
) -> Incoming | Rejected:
    """Return the event in a message; Rejected when it is invalid or its subject is not its own.

    `subject` may have partition tokens. They are removed: the number of partitions may change, and
    what is recorded may not.
    """
    subject = published_subject(subject)
    written = read_canonical(body)
    try:
        event = written or parse_by_models(body)
    except InvalidEvent as error:
        return Rejected(error.reason, error.detail, body, subject, stream_sequence)
    if subject != event.subject:
        detail = f"event belongs on {event.subject}"
        return Rejected(QuarantineReason.SUBJECT_MISMATCH, detail, body, subject, stream_sequence)
    digest = hashlib.sha256(body).digest()
    canonical = body if written else event.to_bytes()
    return Incoming(event, body, digest, canonical, subject, stream_sequence, fencing_token)


def reject(incoming: Incoming, reason: QuarantineReason, detail: str) -> Rejected:
    """Return an event that cannot be appended as bytes to quarantine."""
    return Rejected(reason, detail, incoming.body, incoming.subject, incoming.stream_sequence)
