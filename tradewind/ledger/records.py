"""Recorded events, and the parsing of a row into the event it was, byte for byte."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tradewind.contracts.envelope import AnyEvent, InvalidEvent, parse_event, read_proven
from tradewind.contracts.wire import format_timestamp
from tradewind.errors import PermanentError
from tradewind.ledger.history.trusted_parsing import make_event, read_payload


class WriterPosition(NamedTuple):
    """The content of the writer row: which incarnation the ledger is, and how far it goes."""

    incarnation: str
    epoch: int
    last_global_seq: int
    commits: int = 0
    """How many transactions wrote the ledger, including those that appended nothing."""


class PlacedEvent(NamedTuple):
    """An appended event and the global_seq it got."""

    event: AnyEvent
    global_seq: int


class RecordedEvent(NamedTuple):
    """An event of the ledger. `body` is the bytes its producer published."""

    event: AnyEvent
    global_seq: int
    recorded_at: datetime
    body: bytes


class HistoryDamaged(PermanentError):
    """A recorded event no longer has the hash it was appended with. Restore the database."""

    code = "HISTORY_DAMAGED"


def to_recorded(row: Mapping[str, Any]) -> RecordedEvent:
    """Return the event in a row of events joined with event_index.

    It raises HistoryDamaged when the event does not have its recorded hash. The index has a body
    only if the producer serialises otherwise than we do: our own bytes follow from the columns.
    """
    if row["body"] is None:
        event, body = read_proven(row) or prove(row) or _validated(row)
    else:
        event, body = _respelled(row)
    return RecordedEvent(event, row["global_seq"], row["recorded_at"], body)


def prove(row: Mapping[str, Any]) -> tuple[AnyEvent, bytes] | None:
    """Return the event, built unchecked, if its hash proves that it was validated; else None.

    It does in Python what `read_proven` does in Rust.
    """
    try:
        payload = read_payload(row["topic"], orjson.loads(row["payload"]))
        written = _envelope(row, payload.written)
        body = orjson.dumps(written)
        if hashlib.sha256(body).digest() != row["body_sha256"]:
            return None
        return make_event(written, row["time"], payload.value), body
    except (KeyError, TypeError, ValueError):
        return None


def _validated(row: Mapping[str, Any]) -> tuple[AnyEvent, bytes]:
    """Return the event after validating it; HistoryDamaged when its bytes have another hash."""
    try:
        event = parse_event(orjson.dumps(_envelope(row, orjson.Fragment(row["payload"]))))
    except InvalidEvent as error:
        raise _damaged(row) from error
    body = event.to_bytes()
    if hashlib.sha256(body).digest() != row["body_sha256"]:
        raise _damaged(row)
    return event, body


def _respelled(row: Mapping[str, Any]) -> tuple[AnyEvent, bytes]:
    """Return the event of a producer that serialises otherwise than we do."""
    body: bytes = row["body"]
    if hashlib.sha256(body).digest() != row["body_sha256"]:
        raise _damaged(row)
    return parse_event(body), body


def _damaged(row: Mapping[str, Any]) -> HistoryDamaged:
    return HistoryDamaged(f"event {row['event_id']} (global_seq {row['global_seq']})")


def _envelope(row: Mapping[str, Any], payload: Any) -> dict[str, Any]:
    return {
        "eventId": row["event_id"],
        "timestamp": format_timestamp(row["time"]),
        "topic": row["topic"],
        "correlationId": row["correlation_id"],
        "causationId": row["causation_id"],
        "sequence": row["sequence"],
        "key": {"instrument": row["instrument"], "portfolio": row["portfolio"]},
        "producer": row["producer"],
        "payload": payload,
        "version": row["version"],
    }
