"""Rows of the ledger as PostgreSQL gives them back, made without one."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tradewind.contracts.envelope import AnyEvent


def stored(value: Any) -> Any:
    """Return JSON with its keys in another order, as jsonb gives them back."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: stored(value[key]) for key in keys}
    return [stored(one) for one in value] if isinstance(value, list) else value


def stored_text(value: Any) -> str:
    """Return JSON as jsonb writes it."""
    return json.dumps(stored(value), ensure_ascii=False)


def row_of(event: AnyEvent, **changes: Any) -> Mapping[str, Any]:
    """Return an event as the ledger keeps it."""
    return {
        "event_id": event.event_id,
        "time": event.timestamp.replace(fold=0),
        "topic": event.topic,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "payload": stored_text(json.loads(event.to_bytes())["payload"]),
        "version": event.version,
        "sequence": event.sequence,
        "instrument": event.key.instrument,
        "portfolio": event.key.portfolio,
        "producer": event.producer,
        "global_seq": 1,
        "recorded_at": event.timestamp,
        "body": None,
        "body_sha256": hashlib.sha256(event.to_bytes()).digest(),
    } | changes
