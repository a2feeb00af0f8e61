"""Observations that decisions refer to: each is an event whose correlation is its payload's hash.

Two processes that record the same observation produce the same event, byte for byte. So any number
of them may do it without coordination, and the ledger keeps one.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.instruments.payloads import MarketObserved, ObservationPayload
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.market.payloads import PerpObserved
from tradewind.contracts.payload import Payload
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey

OBSERVATION_PREFIX: Final = make_correlation_id(CorrelationKind.INSTRUMENT, "")


def day_of(moment: datetime) -> datetime:
    """Return the midnight in UTC that begins the day of `moment`, which is in UTC."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def content_of(payload: ObservationPayload) -> bytes:
    """Return the bytes an observation's content id is the hash of."""
    return payload.model_dump_json().encode()


def content_id(content: bytes) -> ContentId:
    """Return the SHA-256 that decisions refer to an observation by, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def correlation_of(identifier: ContentId) -> str:
    """Return the correlation id of the history whose only event is the observation."""
    return make_correlation_id(CorrelationKind.INSTRUMENT, identifier)


def observation_event(identifier: ContentId, payload: ObservationPayload) -> AnyEvent:
    """Return the event that records an observation.

    The producer is always the market and the time is the payload's day, whichever role publishes it
    and when: anything else would give copies of one observation different bytes.
    """
    return first_event(
        payload,
        correlation_id=correlation_of(identifier),
        key=EventKey(),
        producer=Role.MARKET,
        at=payload.day,
    )


def is_authentic(event: AnyEvent) -> bool:
    """Return whether an event is an observation whose content has the hash it is filed under."""
    payload = event.payload
    return (
        isinstance(payload, ObservationPayload)
        and correlation_of(content_id(content_of(payload))) == event.correlation_id
    )


def references_of(payload: Payload) -> list[str]:
    """Return the correlation ids of the observations a payload refers to."""
    if isinstance(payload, MarketObserved):
        return [correlation_of(one) for one in (payload.tokens, *_shapes(payload))]
    if isinstance(payload, PerpObserved):
        return [correlation_of(one.candles) for one in payload.candles]
    # The portfolio stage reads no market: what it decides on is in its event.
    market = getattr(getattr(payload, "inputs", None), "market", None)
    return [] if market is None else [correlation_of(market)]


def _shapes(market: MarketObserved) -> Mapping[ContentId, None]:
    return dict.fromkeys(pool.shape for pool in market.pools)
