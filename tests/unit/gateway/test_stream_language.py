"""Topic patterns, messages of clients, frames and rates."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as ReferenceFrame
from websockets.frames import Opcode

from gateway.app import comma_separated
from gateway.stream.framing import text_frame
from gateway.stream.messages import (
    InvalidMessage,
    Ping,
    Position,
    Subscribe,
    Unsubscribe,
    parse_correlation_filter,
    parse_message,
)
from gateway.stream.rate_limit import TokenBucket
from gateway.stream.topic_patterns import (
    InvalidPattern,
    TopicPattern,
    is_allowed,
    parse_allowed,
    parse_pattern,
)
from tradewind.contracts.registry import TOPICS

topics = st.sampled_from(sorted(TOPICS))
tokens = st.sampled_from(["*", "intent", "exec", "risk"])
patterns = st.builds(TopicPattern, tokens, st.sampled_from(["*", "accepted", "completed"]))


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("intent.*", "intent.accepted", "exec.completed"),
        ("intent.>", "intent.accepted", "exec.completed"),
        ("*.rejected", "plan.rejected", "plan.created"),
        ("exec.completed", "exec.completed", "exec.failed"),
    ],
)
def test_a_pattern_matches_by_token(pattern: str, matching: str, other: str) -> None:
    assert parse_pattern(pattern).matches(matching)
    assert not parse_pattern(pattern).matches(other)


@given(topics)
def test_everything_is_written_in_four_ways(topic: str) -> None:
    assert all(parse_pattern(text).matches(topic) for text in ("*", ">", "*.*", "*.>"))


@given(topics)
def test_every_topic_is_a_pattern_of_itself(topic: str) -> None:
    assert parse_pattern(topic).matches(topic)


@pytest.mark.parametrize(
    "text",
    ["", ".", "intent", "intent.", ".accepted", "intent.accepted.x", "intent.*.*", ">.accepted",
     "INTENT.*", "intent.acc*", "foo.*", "intent.acepted", "int ent.*", "intent.\n", "x" * 65,
     "intent.accepted.ethereum-WETH-USDC.demo", "$JS.>", "ïntent.*"],
)  # fmt: skip
def test_a_pattern_that_can_match_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidPattern):
        parse_pattern(text)


def test_domains_without_registered_topics_take_any_verb() -> None:
    assert parse_pattern("market.price").matches("market.price")
    assert parse_pattern("signal.received").matches("signal.received")


@given(patterns, patterns, topics)
def test_what_covers_matches_all_the_covered_matches(
    wide: TopicPattern, narrow: TopicPattern, topic: str
) -> None:
    if wide.covers(narrow) and narrow.matches(topic):
        assert wide.matches(topic)


@given(patterns, patterns)
def test_covering_is_an_order(one: TopicPattern, other: TopicPattern) -> None:
    assert one.covers(one)
    assert not (one.covers(other) and other.covers(one)) or one == other


@pytest.mark.parametrize(
    ("allowed", "asked", "expected"),
    [
        ("*", "intent.*", True),
        ("*", "*", True),
        ("intent.*, exec.*", "exec.completed", True),
        ("intent.*,exec.*", "*", False),
        ("intent.*,exec.*", "*.completed", False),
        ("intent.accepted", "intent.*", False),
        ("", "intent.accepted", False),
    ],
)
def test_a_subscription_must_be_covered_whole(allowed: str, asked: str, expected: bool) -> None:
    patterns = parse_allowed(comma_separated(allowed))
    assert is_allowed(parse_pattern(asked), patterns) is expected


def test_messages_are_parsed() -> None:
    text = '{"action":"subscribe","topics":["intent.*"],"correlationId":"x","resumeFrom":7}'
    subscribe = Subscribe(
        action="subscribe", topics=("intent.*",), correlation_id="x", resume_from=Position(7)
    )
    assert parse_message(text) == subscribe
    assert parse_message('{"action":"unsubscribe"}') == Unsubscribe(action="unsubscribe")
    assert parse_message('{"action":"ping"}') == Ping(action="ping")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MALFORMED_JSON"),
        ("{", "MALFORMED_JSON"),
        ("\ud800", "MALFORMED_JSON"),
        ('{"action":"ping","action":"ping"}', "MALFORMED_JSON"),
        ('{"action":"subscribe","topics":["*"],"resumeFrom":NaN}', "MALFORMED_JSON"),
        ("[" * 10_000, "MALFORMED_JSON"),
        ("[]", "INVALID_MESSAGE"),
        ("null", "INVALID_MESSAGE"),
        ("{}", "INVALID_MESSAGE"),
        ('{"action":"shout"}', "INVALID_MESSAGE"),
        ('{"action":"subscribe"}', "INVALID_MESSAGE"),
        ('{"action":"subscribe","topics":[]}', "INVALID_MESSAGE"),
        ('{"action":"subscribe","topics":"intent.*"}', "INVALID_MESSAGE"),
        ('{"action":"subscribe","topics":[1]}', "INVALID_MESSAGE"),
        ('{"action":"subscribe","topics":["*"],"resumeFrom":-1}', "INVALID_MESSAGE"),
        ('{"action":"subscribe","topics":["*"],"resumeFrom":"7"}', "INVALID_MESSAGE"),
        ('{"action":"subscribe","topics":["*"],"resumeFrom":true}', "INVALID_MESSAGE"),
        ('{"action":"subscribe","topics":["*"],"resumeFrom":9007199254740992}', "INVALID_MESSAGE"),
        ('{"action":"subscribe","topics":["*"],"resumeFrom":{"sequence":7}}', "INVALID_MESSAGE"),
        (
            '{"action":"subscribe","topics":["*"],"resumeFrom":{"stream":7,"sequence":7}}',
            "INVALID_MESSAGE",
        ),
        (
            '{"action":"subscribe","topics":["*"],"resumeFrom":{"stream":"a","sequence":-1}}',
            "INVALID_MESSAGE",
        ),
        (
            '{"action":"subscribe","topics":["*"],"resumeFrom":{"stream":"a","sequence":1,"x":1}}',
            "INVALID_MESSAGE",
        ),
        ('{"action":"subscribe","topics":["*"],"colour":"red"}', "INVALID_MESSAGE"),
        (json.dumps({"action": "subscribe", "topics": ["*"] * 33}), "INVALID_MESSAGE"),
    ],
)
def test_what_is_no_message_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        parse_message(text)
    assert caught.value.code == code
    assert caught.value.detail


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(["action", "topics", "correlationId", "resumeFrom"]) | st.text(), x
            )
        ),
    )
)
def test_any_json_is_a_message_or_refused(document: Any) -> None:
    with suppress(InvalidMessage):
        assert parse_message(json.dumps(document)).action in ("ping", "subscribe", "unsubscribe")


def test_a_bare_ulid_is_the_correlation_of_an_intent() -> None:
    intent_id = "01J5S3Y4PEJHBJ5A7FYHBXQRFG"
    assert parse_correlation_filter(intent_id) == f"intent-{intent_id}"
    assert parse_correlation_filter(f"intent-{intent_id}") == f"intent-{intent_id}"
    assert parse_correlation_filter("portfolio-demo") == "portfolio-demo"
    assert parse_correlation_filter(None) is None


@pytest.mark.parametrize(
    "text", ["x", "intent-", "nothing-1", "intent-x", "01j5s3y4pejhbj5a7fyhbxqrfg-", "A" * 26]
)
def test_any_other_correlation_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        parse_correlation_filter(text)
    assert caught.value.code == "INVALID_CORRELATION_ID"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_are_those_of_the_reference_implementation(size: int) -> None:
    payload = b"x" * size
    assert text_frame(payload) == ReferenceFrame(Opcode.TEXT, payload).serialize(mask=False)


def test_a_bucket_allows_a_burst_and_then_a_rate() -> None:
    now = 0.0
    bucket = TokenBucket(lambda: now, rate_per_second=2, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now = 0.4
    assert not bucket.take()
    now = 0.5
    assert bucket.take()
    now = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
