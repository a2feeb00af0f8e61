"""Recorded events, and how a row becomes the event it was, byte for byte."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.wire import format_timestamp
from tradewind.errors import PermanentError


class WriterPosition(NamedTuple):
    """Which copy of the history this is, and how far it goes."""

    incarnation: str
    epoch: int
    last_global_seq: int


class PlacedEvent(NamedTuple):
    """An event and the place it took in the history."""

    event: AnyEvent
    global_seq: int


class RecordedEvent(NamedTuple):
    """An event of the ledger. `body` is what its producer published."""

    event: AnyEvent
    global_seq: int
    recorded_at: datetime
    body: bytes


class HistoryDamaged(PermanentError):
    """A recorded event no longer hashes to what was appended. Restore the database."""

    code = "HISTORY_DAMAGED"


def to_recorded(row: Mapping[str, Any]) -> RecordedEvent:
    """Return the event in a row of events joined with its index; HistoryDamaged when it differs."""
    body: bytes | None = row["body"]
    event = parse_event(body if body is not None else _envelope(row))
    if body is None:
        body = event.to_bytes()
    if hashlib.sha256(body).digest() != row["body_sha256"]:
        raise HistoryDamaged(f"event {row['event_id']} (global_seq {row['global_seq']})")
    return RecordedEvent(event, row["global_seq"], row["recorded_at"], body)


def _envelope(row: Mapping[str, Any]) -> bytes:
    return orjson.dumps(
        {
            "eventId": row["event_id"],
            "timestamp": format_timestamp(row["time"]),
            "topic": row["topic"],
            "correlationId": row["correlation_id"],
            "causationId": row["causation_id"],
            "sequence": row["sequence"],
            "key": {"instrument": row["instrument"], "portfolio": row["portfolio"]},
            "producer": row["producer"],
            "payload": orjson.Fragment(row["payload"]),
            "version": row["version"],
        }
    )
