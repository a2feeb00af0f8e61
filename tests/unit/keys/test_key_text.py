"""The text of a key: found by scanners, typed wrong without harm, and shown by nobody."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.keys.key_text import ALPHABET, KeyText, MalformedKey, new_key_text, parse_key
from tradewind.keys.model import KeyKind

KEY = KeyText(KeyKind.ED25519, "0123456789abcdEF", bytes(range(32)))
GOLDEN = "tw_ed25519_0123456789abcdEF_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf0Cy9Cz"


@given(st.sampled_from(list(KeyKind)), st.binary(min_size=32, max_size=32))
def test_a_key_is_read_as_it_was_written(kind: KeyKind, secret: bytes) -> None:
    key = KeyText(kind, "0123456789abcdEF", secret)
    assert parse_key(key.text) == key


def test_keys_of_earlier_releases_are_read() -> None:
    assert KEY.text == GOLDEN
    assert parse_key(GOLDEN) == KEY


@given(st.integers(0, len(GOLDEN) - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found_without_a_store(place: int, character: str) -> None:
    wrong = GOLDEN[:place] + character + GOLDEN[place + 1 :]
    if wrong != GOLDEN:
        with pytest.raises(MalformedKey):
            parse_key(wrong)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", GOLDEN + "\n", " " + GOLDEN, GOLDEN[:-1], GOLDEN + "0", GOLDEN.upper()),
        GOLDEN.replace("0", "\N{FULLWIDTH DIGIT ZERO}"),
        GOLDEN.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
        GOLDEN.replace("ed25519", "rsa"),
        "tw_ed25519_0123456789abcdEF_" + "z" * 49,
    ],
)
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(MalformedKey) as refused:
        parse_key(text)
    assert text.strip() == "" or text.strip() not in str(refused.value)


def test_a_number_of_more_than_32_bytes_is_no_secret() -> None:
    from tradewind.keys import key_text

    body = "tw_ed25519_0123456789abcdEF_" + "z" * 43
    with pytest.raises(MalformedKey):
        parse_key(body + key_text._checksum(body))


def test_neither_representation_nor_id_shows_the_secret() -> None:
    key = new_key_text(KeyKind.BEARER, os.urandom)
    assert key.text.split("_")[3] not in repr(key)
    assert str(key.secret) not in repr(key)
    assert re.fullmatch("[0-9A-Za-z]{16}", key.key_id)
