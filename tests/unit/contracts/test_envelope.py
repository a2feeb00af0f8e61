"""Given any event, when it travels, then it arrives as it was; anything else is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.event_fuzz import assert_same
from tests.support.examples import examples
from tests.support.strategies import events
from tradewind.contracts.envelope import (
    MAX_EVENT_BYTES,
    AnyEvent,
    InvalidEvent,
    next_events,
    parse_by_models,
    parse_event,
    read_canonical,
)
from tradewind.contracts.ids import parse_ulid
from tradewind.contracts.intents.payloads import IntentCancelled, IntentExpired, IntentSubmitted
from tradewind.contracts.payload import Payload
from tradewind.contracts.registry import PAYLOAD_TYPES
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.reasons import QuarantineReason

any_event = st.sampled_from(PAYLOAD_TYPES).flatmap(events)


@pytest.mark.parametrize("model", PAYLOAD_TYPES, ids=lambda model: model.topic)
@settings(max_examples=examples(15))
@given(data=st.data())
def test_every_payload_round_trips_byte_stable(model: type[Payload], data: st.DataObject) -> None:
    event = data.draw(events(model))
    written = event.to_bytes()
    parsed = parse_by_models(written)
    assert parsed == event
    if (read := read_canonical(written)) is not None:
        assert_same(read, parsed)
    assert parsed.to_bytes() == written


@given(any_event)
def test_subject_carries_topic_and_key(event: AnyEvent) -> None:
    domain, verb, instrument, portfolio = event.subject.split(".")
    assert f"{domain}.{verb}" == event.topic
    assert EventKey(instrument=instrument, portfolio=portfolio) == event.key


@given(any_event)
def test_no_number_on_the_wire_is_a_float(event: AnyEvent) -> None:
    def refuse(text: str) -> Any:
        raise AssertionError(f"float {text} in {event.topic}")

    json.loads(event.to_bytes(), parse_float=refuse)


@given(events(IntentSubmitted))
def test_followers_form_a_causation_chain(event: AnyEvent) -> None:
    expired = IntentExpired(intent_id=event.payload.intent_id, expires_at=event.timestamp)
    cancelled = IntentCancelled(intent_id=event.payload.intent_id, requested_by="operator")
    followers = next_events(event, [expired, cancelled], producer="test", at=event.timestamp)
    chain = [event, *followers]
    assert [e.sequence for e in chain] == list(range(event.sequence, event.sequence + 3))
    assert [e.causation_id for e in followers] == [e.event_id for e in chain[:-1]]
    assert [e.event_id for e in chain] == sorted(e.event_id for e in chain)
    assert {e.key for e in chain} == {event.key}


@given(events(IntentSubmitted))
def test_derived_id_carries_the_time_of_its_correlation(event: AnyEvent) -> None:
    root = event.correlation_id.removeprefix("intent-")
    assert parse_ulid(event.event_id).bytes[:6] == parse_ulid(root).bytes[:6]


@given(st.binary(max_size=300))
def test_garbage_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(InvalidEvent) as refusal:
        parse_event(data)
    assert refusal.value.reason in QuarantineReason


def _altered(event: AnyEvent, **changes: Any) -> bytes:
    return json.dumps(json.loads(event.to_bytes()) | changes).encode()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"topic": "intent.teleported"}, QuarantineReason.UNKNOWN_TOPIC),
        ({"version": 2}, QuarantineReason.UNKNOWN_VERSION),
        ({"version": True}, QuarantineReason.MALFORMED),
        ({"sequence": 0}, QuarantineReason.INVALID),
        ({"sequence": 1.0}, QuarantineReason.INVALID),
        ({"sequence": 70_000}, QuarantineReason.INVALID),
        ({"timestamp": "yesterday"}, QuarantineReason.INVALID),
        ({"timestamp": "2026-01-01T00:00:00"}, QuarantineReason.INVALID),
        ({"surprise": 1}, QuarantineReason.INVALID),
        ({"key": {"instrument": "a b", "portfolio": "c"}}, QuarantineReason.INVALID),
        ({"key": {"instrument": "a.*", "portfolio": "c"}}, QuarantineReason.INVALID),
        ({"eventId": "01J5S3Y4PEJHBJ5A7FYHBXQRFG"}, QuarantineReason.INVALID),
        ({"correlationId": "nobody-1"}, QuarantineReason.INVALID),
        ({"topic": "intent.expired"}, QuarantineReason.INVALID),
    ],
)
@given(event=events(IntentSubmitted))
def test_altered_events_are_refused(
    changes: dict[str, Any], reason: QuarantineReason, event: AnyEvent
) -> None:
    with pytest.raises(InvalidEvent) as refusal:
        parse_event(_altered(event, **changes))
    assert refusal.value.reason == reason


def test_too_large_is_refused_unread() -> None:
    with pytest.raises(InvalidEvent) as refusal:
        parse_event(b" " * (MAX_EVENT_BYTES + 1))
    assert refusal.value.reason == QuarantineReason.TOO_LARGE
