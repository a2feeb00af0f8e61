"""What is wrong with a field is said in this interface's words, which an operator can act on."""

import json
from typing import Any

import pytest

from gateway.http.strict_json import InvalidDocument
from gateway.stream.limits import MAX_ERROR_DETAIL_CHARACTERS
from gateway.stream.messages import InvalidMessage, parse_message
from gateway.submission.validation import parse_intent
from tests.unit.gateway.support import BODY, WETH, body_with
from tradewind.trading.tokens import load_tokens

DRIVER_PHRASES = ("Tuple", "String should", "Input ", "Unable", "after validation", "pattern '")
VALUES: tuple[Any, ...] = (
    None,
    1,
    -1,
    10**6,
    1.5,
    True,
    "",
    "x" * 100,
    "ä!",
    [],
    {},
    [[]],
    {"a": 1},
)
FIELDS = (
    "strategy_id",
    "portfolio_id",
    "intent_type",
    "assets",
    "assets.0",
    "assets.0.symbol",
    "assets.0.chain",
    "assets.0.address",
    "assets.0.decimals",
    "amount",
    "constraints",
    "constraints.max_slippage",
    "constraints.time_window",
    "constraints.execution_style",
)
CRITERION = {"metric": "price", "comparison": "at_least", "threshold": "1"}
INVALID = [
    *(body_with(path, value) for path in FIELDS for value in VALUES),
    body_with("assets", [*BODY["assets"], WETH]),
    BODY | {"success_criteria": [CRITERION] * 9},
    BODY | {"success_criteria": [CRITERION | {"metric": "luck"}]},
]


def test_what_is_wrong_with_a_field_is_said_in_our_words() -> None:
    """No wrong value of any field is answered with a phrase of the library that found it."""
    said = set()
    for body in INVALID:
        try:
            parse_intent(json.dumps(body).encode(), load_tokens())
        except InvalidDocument as error:
            said |= {one.message for one in error.errors}
    assert not [text for text in said if any(phrase in text for phrase in DRIVER_PHRASES)]
    assert {
        "must have at most 2 items",
        "must have at most 8 items",
        "must have at least 1 character",
        "must be letters, digits, - or _, the first a letter or digit",
        "must be an integer",
        "must be at most 86400",
    } <= said


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("{}", "action: is required"),
        (
            '{"action": "shout"}',
            "action: must be one of 'subscribe', 'unsubscribe', 'ping'",
        ),
        ('{"action": "subscribe", "topics": [1]}', "topics[0]: must be a string"),
        ('{"action": "subscribe", "topics": []}', "topics: must have at least 1 item"),
        ('{"action": "p\u00e9"}', "action: must be one of 'subscribe', 'unsubscribe', 'ping'"),
        (r'{"action": "ping", "p\u00e9\u0001": 1}', r'["p\u00e9\u0001"]: is not a known field'),
        ('{"action": "ping", "": 1}', '[""]: is not a known field'),
        ('{"action": "ping", "subscribe": 1}', "subscribe: is not a known field"),
        ("[]", "message: must be an object"),
        ('"\n"', "the message is not JSON: Invalid control character at line 1 column 2"),
    ],
)
def test_what_is_wrong_with_a_message_is_said_in_our_words(text: str, detail: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_message(text)
    assert refused.value.detail == detail


def test_what_is_wrong_with_a_message_repeats_nothing_that_cannot_be_shown() -> None:
    """Whatever a message holds: the answer is short, in our words and in printable ASCII."""
    strange = ["p\u00e9", "\x00\x1b[31m", "\u202e", "x" * 10_000]
    messages = [
        {field: value, **more}
        for field in ("action", "topics", "correlationId", "resumeFrom", "colour", *strange)
        for value in (*VALUES, *strange, *([one] for one in strange))
        for more in ({"action": "subscribe", "topics": ["*"]}, {"action": "ping"}, {})
    ]
    said = set()
    for message in messages:
        try:
            parse_message(json.dumps(message, ensure_ascii=False))
        except InvalidMessage as error:
            said.add(error.detail)
    assert len(said) > 10
    for detail in said:
        assert len(detail) <= MAX_ERROR_DETAIL_CHARACTERS
        assert detail.isascii()
        assert detail.isprintable()
        assert not any(phrase in detail for phrase in DRIVER_PHRASES)
