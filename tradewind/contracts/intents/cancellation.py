"""A request to cancel an intent, and the event that honours it.

The request has a correlation of its own, derived from the intent's: there is one for each intent,
however often and by however many somebody asks.
"""

from datetime import datetime
from typing import Any, NamedTuple

from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.payloads import (
    IntentCancelled,
    IntentCancelRequested,
    IntentSubmitted,
)
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.roles import Role


class Cancellation(NamedTuple):
    """Who asked for an intent to be cancelled, and when: by the clock of the database."""

    cancellation_id: str
    requested_by: str
    requested_at: datetime


def cancel_request(
    opening: Event[IntentSubmitted], requested_by: str, at: datetime
) -> Event[IntentCancelRequested]:
    """Return the event that asks for the intent to be cancelled that another one opened."""
    submitted = opening.payload
    payload = IntentCancelRequested(
        intent_id=submitted.intent_id,
        requested_by=requested_by,
        strategy_id=submitted.intent.strategy_id,
    )
    return first_event(
        payload,
        correlation_id=make_correlation_id(CorrelationKind.CANCEL, submitted.intent_id),
        key=opening.key,
        producer=Role.GATEWAY,
        at=at,
    )


def cancelled(
    intent_id: str, cancellation: Cancellation, how_far: str, **more: Any
) -> IntentCancelled:
    """Return the end of an intent; `how_far` says how far it had come."""
    detail = f"cancelled on request of {cancellation.requested_by} {how_far}"
    return IntentCancelled(
        intent_id=intent_id,
        requested_by=cancellation.requested_by,
        cancellation_id=cancellation.cancellation_id,
        detail=detail[:MAX_DETAIL_LENGTH],
        **more,
    )
