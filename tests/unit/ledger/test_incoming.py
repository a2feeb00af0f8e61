"""Whatever arrives is an event or has a reason; reading never raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.histories import History
from tests.support.strategies import events
from tradewind.contracts.registry import PAYLOAD_TYPES
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incoming import Incoming, Rejected, read_message

SUBMITTED = History().events()[0]


def altered(**changes: Any) -> bytes:
    return json.dumps(json.loads(SUBMITTED.to_bytes()) | changes).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", QuarantineReason.MALFORMED),
        (b"\xff\xfe", QuarantineReason.MALFORMED),
        (b"[" * 10_000, QuarantineReason.MALFORMED),
        (altered(topic="intent.teleported"), QuarantineReason.UNKNOWN_TOPIC),
        (altered(version=2), QuarantineReason.UNKNOWN_VERSION),
        (altered(sequence=0), QuarantineReason.INVALID),
        (altered(eventId="0" * 26), QuarantineReason.INVALID),
        (altered(timestamp="0001-01-01T00:00:00+23:59"), QuarantineReason.INVALID),
        (altered(timestamp="9999-12-31T23:59:59-23:59"), QuarantineReason.INVALID),
        (b" " * (256 * 1024 + 1), QuarantineReason.TOO_LARGE),
    ],
)
def test_what_is_no_event_has_a_reason(body: bytes, reason: QuarantineReason) -> None:
    rejected = read_message(SUBMITTED.subject, 7, body)
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.body, rejected.stream_sequence) == (reason, body, 7)


def test_an_event_on_the_subject_of_another_is_set_aside() -> None:
    rejected = read_message("risk.approved.ethereum-WETH-USDC.demo", 7, SUBMITTED.to_bytes())
    assert isinstance(rejected, Rejected)
    assert rejected.reason is QuarantineReason.SUBJECT_MISMATCH


def test_partitions_of_a_stored_subject_are_not_recorded() -> None:
    usual = read_message(SUBMITTED.subject, 7, SUBMITTED.to_bytes())
    assert read_message(f"{SUBMITTED.subject}.3.15", 7, SUBMITTED.to_bytes()) == usual
    odd = read_message(f"{SUBMITTED.subject}.3.15", 7, b"garbage")
    assert isinstance(odd, Rejected)
    assert odd.subject == SUBMITTED.subject
    other = read_message("intent.submitted.ethereum-WETH-USDC.other.3.15", 7, SUBMITTED.to_bytes())
    assert isinstance(other, Rejected)
    assert other.reason is QuarantineReason.SUBJECT_MISMATCH


def test_other_bytes_of_an_event_are_an_event_with_another_hash() -> None:
    usual = read_message(SUBMITTED.subject, 7, SUBMITTED.to_bytes())
    spaced = read_message(SUBMITTED.subject, 7, altered())
    assert isinstance(usual, Incoming)
    assert isinstance(spaced, Incoming)
    assert usual.event == spaced.event
    assert usual.canonical == spaced.canonical == usual.body
    assert usual.body_sha256 != spaced.body_sha256


@given(st.binary(max_size=300))
def test_reading_any_bytes_never_raises(body: bytes) -> None:
    assert isinstance(read_message("a.b.c.d", 1, body), Rejected)


@given(st.sampled_from(PAYLOAD_TYPES).flatmap(events), st.data())
def test_reading_damaged_events_never_raises(event: Any, data: st.DataObject) -> None:
    body = bytearray(event.to_bytes())
    place = data.draw(st.integers(0, len(body) - 1))
    body[place : place + 1] = data.draw(st.binary(max_size=2))
    read = read_message(event.subject, 1, bytes(body))
    assert read.body == bytes(body)
