"""A batch that is read in one call of Rust is the one that Python reads message by message."""

from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest.mock import Mock

import pytest
from nats.aio.msg import Msg

from actors.coordinator import batch as batches
from actors.coordinator.batch import Batch, read_batch
from actors.coordinator.stream_identity import StreamIdentity
from tests.support.event_fuzz import assert_same, fuzzed, recorded_bodies
from tests.support.examples import examples
from tradewind.contracts.envelope import InvalidEvent, parse_event, read_delivered
from tradewind.contracts.reading import reader
from tradewind.contracts.streams import FENCE_HEADER

compiled = pytest.mark.skipif(not reader.IS_COMPILED, reason="the extension is not built")
BODIES = recorded_bodies()
CREATED = datetime(2026, 11, 21, tzinfo=UTC)
LATER_NS = 1_796_000_000_123_456_789
REPLIES = (
    "$JS.ACK.EVENTS.ledger.1.{place}.9.{stored}.3",
    "$JS.ACK.EVENTS.ledger.1.{place}.9.{stored}.3",
    "$JS.ACK.EVENTS.ledger.2.{place}.9.{stored}.0",
    "$JS.ACK.EVENTS.ledger.1.{place}.9.1.0",
    "$JS.ACK.EVENTS.ledger.1.1_0{place}.9. {stored}.0",
    "$JS.ACK.EVENTS.ledger.1.9{place}9999999999999999999.9.{stored}.0",
    "$JS.ACK.hub.account.EVENTS.ledger.3.{place}.9.{stored}.0.x",
)
ENDINGS = ("", "", "", ".3.15", ".0.99", ".03.1", ".3", ".3.100", ".a.b", "x", ".1.2.3.4")


def _message(random: Random, place: int, body: bytes) -> Msg:
    subject = "intent.submitted.a.b"
    with suppress(InvalidEvent):
        subject = parse_event(body).subject
    reply = random.choice(REPLIES).format(place=place, stored=LATER_NS + place)
    headers = random.choice([None, {"Nats-Msg-Id": "a"}, {FENCE_HEADER: f"token-{place}"}])
    return Msg(Mock(), subject + random.choice(ENDINGS), reply, body, headers)


def _messages(seed: int) -> list[Msg]:
    random = Random(seed)
    bodies = [*BODIES, *fuzzed(BODIES, examples(1_000), seed=seed)]
    return [_message(random, place, body) for place, body in enumerate(bodies, 1)]


def _compare(ours: Batch, theirs: Batch) -> None:
    assert (ours.reached, ours.is_redelivered) == (theirs.reached, theirs.is_redelivered)
    assert ours.rejected == theirs.rejected
    for read, expected in zip(ours.incoming, theirs.incoming, strict=True):
        assert_same(read.event, expected.event)
        assert read[1:] == expected[1:]
        assert [type(one) for one in read] == [type(one) for one in expected]


@compiled
def test_a_batch_is_that_which_is_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given messages of all kinds, when they are read together, then nothing is another."""
    stream = StreamIdentity(Mock())
    stream.see(CREATED)
    messages = _messages(seed=11)
    ours = read_batch(messages, 0.0, stream)
    in_rust = [one for one in read_delivered(messages) if one is not None]
    alone = [read_batch([message], 0.0, stream) for message in messages]

    def left_to_python(left: list[Any]) -> list[None]:
        return [None] * len(left)

    monkeypatch.setattr(batches, "read_delivered", left_to_python)
    _compare(ours, read_batch(messages, 0.0, stream))
    for message, read in zip(messages, alone, strict=True):
        _compare(read, read_batch([message], 0.0, stream))
    assert len(ours.incoming) > len(in_rust) > examples(100)
    assert ours.rejected
