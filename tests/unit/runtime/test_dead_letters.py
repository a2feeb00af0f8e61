"""A dead letter survives its headers, and never carries a credential."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.contracts.roles import queue_groups
from tradewind.contracts.system.dead_letters import (
    ATTEMPTS_HEADER,
    ERROR_HEADER,
    MAX_ERROR_LENGTH,
    DeadLetter,
    parse_dead_letter,
    redact,
)

subjects = st.from_regex(r"[a-z]{1,8}(\.[A-Za-z0-9_-]{1,8}){0,4}", fullmatch=True)
letters = st.builds(
    DeadLetter,
    queue_group=st.sampled_from([group.name for group in queue_groups()]),
    subject=subjects,
    reason=st.sampled_from(["MALFORMED", "RETRIES_EXHAUSTED"]),
    error=st.text(max_size=500),
    attempts=st.integers(1, 10_000),
    raw=st.binary(max_size=64),
    stream_sequence=st.integers(1, 2**63),
)


@given(letters)
def test_headers_round_trip(letter: DeadLetter) -> None:
    parsed = parse_dead_letter(letter.headers(), letter.raw)
    assert parsed == letter._replace(error=redact(letter.error))
    assert parsed.id == letter.id


@given(st.text(max_size=1_000))
def test_an_error_is_one_short_printable_line(text: str) -> None:
    line = redact(text)
    assert len(line) <= MAX_ERROR_LENGTH
    assert line.isascii()
    assert line.isprintable()
    assert redact(line) == line


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach postgresql://trader:hunter2@db:5432/x",
        "password=hunter2 refused",
        "header {'Api-Key': 'hunter2'}",
        'PRIVATE_KEY = "hunter2"',
        '{"password":"with hunter2 in it","amount":"1"}',
        "Authorization: Bearer hunter2",
        'mnemonic: "word hunter2 word"',
    ],
)
def test_credentials_do_not_appear(text: str) -> None:
    assert "hunter2" not in redact(text)


def test_a_missing_header_is_named() -> None:
    letter = DeadLetter("planner.workers", "a.b.c.d", "MALFORMED", "e", 1, b"", 7)
    headers = letter.headers()
    del headers[ATTEMPTS_HEADER]
    with pytest.raises(ValueError, match=ATTEMPTS_HEADER):
        parse_dead_letter(headers, b"")
    assert headers[ERROR_HEADER] == "e"
    assert letter.dead_letter_subject == "dead_letter.planner-workers"
