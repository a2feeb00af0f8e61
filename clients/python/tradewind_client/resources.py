"""The calls of every resource: what is asked for, and the model of the answer."""

import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel

from tradewind_client.calls import Call, json_body, model_reader
from tradewind_client.models import PAYLOADS, IntentDocument, PlanDocument, PositionsDocument
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


def list_intents(
    state: str | None, strategy_id: str | None, limit: int | None, cursor: str | int | None
) -> Call[Page[IntentDocument]]:
    query = {"state": state, "strategy_id": strategy_id, "limit": limit, "cursor": cursor}
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


def _part(text: str) -> str:
    """Return a text as one part of a path."""
    return quote(text, safe="")
