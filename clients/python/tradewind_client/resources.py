"""The calls of every resource: what is asked for, and the model of the answer."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from tradewind_client.calls import Call, json_body, model_reader
from tradewind_client.calls import path_part as _part
from tradewind_client.models import PAYLOADS, IntentDocument, PlanDocument, PositionsDocument
from tradewind_client.rest_models import (
    CancelRequested,
    CorrelationDocument,
    DeadLetterDocument,
    IntentPreview,
    ParkedDocument,
    QuarantinedDocument,
    RequestDocument,
    StalledDocument,
    StreamTicketDocument,
    WholeDeadLetter,
    WholeQuarantined,
)
from tradewind_client.wire import EventModel, Model, Timestamp

FINAL_STATES: Final = frozenset(
    {"completed", "risk_rejected", "plan_rejected", "failed", "expired", "cancelled"}
)
"""An intent in one of these states stays as it is."""

Document = BaseModel | Mapping[str, Any]


class Submission(Model):
    """An intent that the platform took, and will bring to a final state."""

    intent_id: str
    correlation_id: str
    state: str
    expires_at: Timestamp


class Page[M: BaseModel](Model):
    """Some of many; `next_cursor` is None on the last page."""

    items: tuple[M, ...]
    next_cursor: str | int | None = None


class Event(EventModel):
    """An event as it was published; `typed_payload` is its payload as a model."""

    event_id: str
    timestamp: Timestamp
    topic: str
    correlation_id: str
    causation_id: str
    sequence: int
    key: Mapping[str, str]
    producer: str
    payload: Mapping[str, Any]
    version: int
    stream_sequence: int | None = None
    """Where the stream has it; None in a history."""

    @property
    def typed_payload(self) -> EventModel | None:
        """The payload as its model; None for a topic that this client does not know."""
        model = PAYLOADS.get(self.topic)
        return None if model is None else model.model_validate(self.payload)


class RecordedEvent(Model):
    """An event, and its place in the ledger."""

    global_seq: int
    recorded_at: Timestamp
    event: Event


def submit_intent(intent: Document, idempotency_key: str | None) -> Call[Submission]:
    """POST /intents. Without a key one is made, so that every retry is the same request."""
    return Call(
        "POST",
        "/intents",
        model_reader(Submission),
        body=json_body(intent),
        idempotency_key=idempotency_key or new_idempotency_key(),
    )


def show_intent(intent_id: str) -> Call[IntentDocument]:
    return Call("GET", f"/intents/{_part(intent_id)}", model_reader(IntentDocument))


def intent_query(
    words: Mapping[str, str | int | None],
    in_flight: bool | None,
    since: datetime | None,
    until: datetime | None,
) -> dict[str, str | int | None]:
    """Return the query that selects intents."""
    return {
        **words,
        "in_flight": None if in_flight is None else str(in_flight).lower(),
        "from": None if since is None else since.isoformat(),
        "to": None if until is None else until.isoformat(),
    }


def list_intents(query: Mapping[str, str | int | None]) -> Call[Page[IntentDocument]]:
    return Call("GET", "/intents", model_reader(Page[IntentDocument]), query)


def list_history(intent_id: str, cursor: str | int | None) -> Call[Page[Event]]:
    path = f"/intents/{_part(intent_id)}/events"
    return Call("GET", path, model_reader(Page[Event]), {"cursor": cursor})


def show_plan(plan_id: str) -> Call[PlanDocument]:
    return Call("GET", f"/plans/{_part(plan_id)}", model_reader(PlanDocument))


def show_positions(strategy_id: str) -> Call[PositionsDocument]:
    return Call("GET", f"/positions/{_part(strategy_id)}", model_reader(PositionsDocument))


def new_idempotency_key() -> str:
    """Return a key that nobody has used."""
    return secrets.token_urlsafe(18)


def cancel_intent(intent_id: str) -> Call[CancelRequested]:
    path = f"/intents/{_part(intent_id)}/cancel"
    return Call("POST", path, model_reader(CancelRequested), is_repeatable=True)


def preview_intent(intent: Document) -> Call[IntentPreview]:
    body, read = json_body(intent), model_reader(IntentPreview)
    return Call("POST", "/intents:preview", read, body=body, is_repeatable=True)


def event_query(
    topics: Sequence[str],
    words: Mapping[str, str | int | None],
    since: datetime | None,
    until: datetime | None,
) -> dict[str, str | int | None]:
    """Return the query that selects recorded events."""
    return {
        "topics": ",".join(topics) or None,
        **words,
        "from": None if since is None else since.isoformat(),
        "to": None if until is None else until.isoformat(),
    }


def list_events(query: Mapping[str, str | int | None]) -> Call[Page[RecordedEvent]]:
    return Call("GET", "/events", model_reader(Page[RecordedEvent]), query)


def explain(correlation_id: str) -> Call[CorrelationDocument]:
    path = f"/correlations/{_part(correlation_id)}"
    return Call("GET", path, model_reader(CorrelationDocument))


def list_dead_letters(
    state: str | None, cursor: str | int | None
) -> Call[Page[DeadLetterDocument]]:
    query = {"state": state, "cursor": cursor}
    return Call("GET", "/dead-letters", model_reader(Page[DeadLetterDocument]), query)


def show_dead_letter(dead_letter_id: str) -> Call[WholeDeadLetter]:
    return Call("GET", f"/dead-letters/{_part(dead_letter_id)}", model_reader(WholeDeadLetter))


def retry_dead_letter(dead_letter_id: str, reason: str | None = None) -> Call[RequestDocument]:
    path = f"/dead-letters/{_part(dead_letter_id)}/retry"
    body = json_body({} if reason is None else {"reason": reason})
    return Call("POST", path, model_reader(RequestDocument), body=body, is_repeatable=True)


def resolve_dead_letter(dead_letter_id: str, reason: str) -> Call[RequestDocument]:
    path, body = f"/dead-letters/{_part(dead_letter_id)}/resolve", json_body({"reason": reason})
    return Call("POST", path, model_reader(RequestDocument), body=body, is_repeatable=True)


def list_quarantine(
    reason: str | None, cursor: str | int | None
) -> Call[Page[QuarantinedDocument]]:
    read = model_reader(Page[QuarantinedDocument])
    return Call("GET", "/quarantine", read, {"reason": reason, "cursor": cursor})


def show_quarantined(message_id: int) -> Call[WholeQuarantined]:
    return Call("GET", f"/quarantine/{message_id}", model_reader(WholeQuarantined))


def list_parked(cursor: str | int | None) -> Call[Page[ParkedDocument]]:
    return Call("GET", "/parked", model_reader(Page[ParkedDocument]), {"cursor": cursor})


def list_stalled(
    after_seconds: int | None, cursor: str | int | None
) -> Call[Page[StalledDocument]]:
    query = {"after_seconds": after_seconds, "cursor": cursor}
    return Call("GET", "/stalled", model_reader(Page[StalledDocument]), query)


def issue_ticket() -> Call[StreamTicketDocument]:
    return Call("POST", "/stream-tickets", model_reader(StreamTicketDocument), is_repeatable=True)
