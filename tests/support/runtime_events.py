"""Makes small events for tests of the runtime."""

import os
import time
from datetime import UTC, datetime

from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.execution.payloads import ExecutionStarted
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.subjects import EventKey

KEY = EventKey(instrument="ethereum-WETH-USDC", portfolio="demo")
TOPIC = IntentExpired.topic
FOLLOWING_TOPIC = ExecutionStarted.topic


def make_event(key: EventKey = KEY) -> AnyEvent:
    """Return a root event of TOPIC with a correlation of its own."""
    ulid = make_ulid(time.time_ns() // 1_000_000, os.urandom(10))
    at = datetime.now(UTC)
    return first_event(
        IntentExpired(intent_id=ulid, expires_at=at),
        correlation_id=make_correlation_id(CorrelationKind.INTENT, ulid),
        key=key,
        producer="test",
        at=at,
    )


def following(event: AnyEvent) -> list[AnyEvent]:
    """Return the answer of a handler: one event of FOLLOWING_TOPIC, the same every time."""
    intent_id = event.payload.intent_id
    payload = ExecutionStarted(
        intent_id=intent_id, plan_id=intent_id, venue="simulated", steps_total=1
    )
    return next_events(event, [payload], producer="test", at=event.timestamp)
