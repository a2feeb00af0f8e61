"""What decisions refer to, kept once: an event whose history is named by the hash of its payload.

Whoever writes the same observation down writes the same event, byte for byte. So any number of
processes may, and the ledger keeps one.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.instruments.payloads import MarketObserved, ObservationPayload
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.payload import Payload
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey

OBSERVATION_PREFIX: Final = make_correlation_id(CorrelationKind.INSTRUMENT, "")


def day_of(moment: datetime) -> datetime:
    """Return the midnight, UTC, before a moment in UTC."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def content_of(payload: ObservationPayload) -> bytes:
    """Return the bytes that are hashed."""
    return payload.model_dump_json().encode()


def content_id(content: bytes) -> ContentId:
    """Return what an observation is referred to by."""
    return hashlib.sha256(content).hexdigest()


def correlation_of(identifier: ContentId) -> str:
    """Return the history of one event that holds an observation."""
    return make_correlation_id(CorrelationKind.INSTRUMENT, identifier)


def observation_event(identifier: ContentId, payload: ObservationPayload) -> AnyEvent:
    """Return the event that keeps an observation; nothing of it depends on who makes it, or when.

    It is the market's, whichever role saw it first and hands it in.
    """
    return first_event(
        payload,
        correlation_id=correlation_of(identifier),
        key=EventKey(),
        producer=Role.MARKET,
        at=payload.day,
    )


def is_authentic(event: AnyEvent) -> bool:
    """Return whether an observation is what its history's name says."""
    payload = event.payload
    return (
        isinstance(payload, ObservationPayload)
        and correlation_of(content_id(content_of(payload))) == event.correlation_id
    )


def references_of(payload: Payload) -> list[str]:
    """Return the histories of the observations a payload refers to."""
    if isinstance(payload, MarketObserved):
        return [correlation_of(one) for one in (payload.tokens, *_shapes(payload))]
    inputs: Any = getattr(payload, "inputs", None)
    return [] if inputs is None or inputs.market is None else [correlation_of(inputs.market)]


def _shapes(market: MarketObserved) -> Mapping[ContentId, None]:
    return dict.fromkeys(pool.shape for pool in market.pools)
