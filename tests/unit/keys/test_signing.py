"""What is signed, and which headers say so: one way to write each, and no other."""

import hashlib
import hmac

import pytest

from tests.support.keys import owned_key
from tradewind.keys.key_text import KeyText
from tradewind.keys.model import KeyKind
from tradewind.keys.signing import (
    SignedRequest,
    authorization,
    is_signed_by_private_key,
    is_signed_by_secret,
    parse_signature,
    public_key_of,
)

ORDER = 2**252 + 27742317777372353535851937790883648493
"""The order of the group of Ed25519 (RFC 8032): S + ORDER verifies where malleability is let in."""
REQUEST = SignedRequest(
    "POST", b"/intents?a=%2F", b'{"amount":"1"}', 1_764_324_510_925, "nonce-of-16-char"
)
KEY = KeyText(KeyKind.HMAC, "0123456789abcdEF", bytes(range(32)))
GOOD = authorization(KEY, REQUEST)


def test_the_canonical_text_is_what_the_contract_says() -> None:
    digest = hashlib.sha256(REQUEST.body).hexdigest()
    text = f"v1\nPOST\n/intents?a=%2F\n{digest}\n1764324510925\nnonce-of-16-char"
    assert REQUEST.canonical_text.decode() == text


def test_an_hmac_is_by_the_whole_text_of_the_key() -> None:
    signature = parse_signature(GOOD)
    assert signature is not None
    expected = hmac.new(KEY.text.encode(), REQUEST.canonical_text, "sha256").digest()
    assert signature.signature == expected
    assert is_signed_by_secret(expected, REQUEST.canonical_text, KEY.text.encode())


@pytest.mark.parametrize(
    "header",
    [
        GOOD + " ",
        GOOD + "\n",
        " " + GOOD,
        GOOD + ", sig=" + "0" * 64,
        GOOD.replace("TW1-HMAC-SHA256", "TW1-ED25519"),
        GOOD.replace("TW1-HMAC-SHA256", "TW2-HMAC-SHA256"),
        GOOD.replace("key=", "KEY="),
        GOOD.replace("ts=1764324510925", "ts=+1764324510925"),
        GOOD.replace("ts=1764324510925", "ts=01764324510925"),
        GOOD.replace("ts=1764324510925", "ts=1764324510925.0"),
        GOOD.replace("ts=1764324510925", "ts=" + "9" * 16),
        GOOD.replace("ts=1764324510925", "ts=" + "9" * 5_000),
        GOOD.replace("ts=1764324510925", "ts=1_764_324_510_925"),
        GOOD.replace("ts=1", "ts=\N{ARABIC-INDIC DIGIT ONE}"),
        GOOD.replace("ts=1764324510925", "ts=-1"),
        GOOD.replace("nonce=nonce-of-16-char", "nonce=short"),
        GOOD.replace("nonce=nonce-of-16-char", "nonce=" + "n" * 65),
        GOOD.replace("nonce=nonce-of-16-char", "nonce=nonce of 16 char"),
        GOOD.replace("nonce=nonce-of-16-char", 'nonce="nonce-of-16-char"'),
        GOOD.partition("sig=")[0] + "sig=" + GOOD.partition("sig=")[2].upper(),
        GOOD.partition("sig=")[0] + "sig=" + "0" * 63,
        GOOD.partition("sig=")[0] + "sig=0x" + "0" * 62,
        GOOD.partition("sig=")[0] + "sig=",
    ],
)
def test_a_header_that_is_written_otherwise_is_none(header: str) -> None:
    assert parse_signature(GOOD) is not None
    assert parse_signature(header) is None


def test_blanks_between_the_parts_and_the_case_of_the_scheme_do_not_matter() -> None:
    scheme, _, rest = GOOD.partition(" ")
    assert parse_signature(f"{scheme.lower()} {rest.replace(', ', ',')}") == parse_signature(GOOD)


@pytest.mark.parametrize(
    "other",
    [
        SignedRequest("PUT", REQUEST.target, REQUEST.body, REQUEST.timestamp_ms, REQUEST.nonce),
        SignedRequest("POST", b"/intents", REQUEST.body, REQUEST.timestamp_ms, REQUEST.nonce),
        SignedRequest("POST", b"/intents?a=/", REQUEST.body, REQUEST.timestamp_ms, REQUEST.nonce),
        SignedRequest("POST", REQUEST.target, b"", REQUEST.timestamp_ms, REQUEST.nonce),
        SignedRequest("POST", REQUEST.target, REQUEST.body, 1, REQUEST.nonce),
        SignedRequest("POST", REQUEST.target, REQUEST.body, REQUEST.timestamp_ms, "n" * 16),
    ],
)
def test_a_signature_is_of_every_part_of_one_request(other: SignedRequest) -> None:
    assert other.canonical_text != REQUEST.canonical_text


def test_a_signature_of_ed25519_cannot_be_rewritten() -> None:
    owned = owned_key(KeyKind.ED25519)
    given = parse_signature(authorization(owned.text, REQUEST))
    assert given is not None
    public_key, text = public_key_of(owned.text), REQUEST.canonical_text
    assert is_signed_by_private_key(given.signature, text, public_key)
    scalar = int.from_bytes(given.signature[32:], "little") + ORDER
    rewritten = given.signature[:32] + scalar.to_bytes(32, "little")
    assert not is_signed_by_private_key(rewritten, text, public_key)
    assert not is_signed_by_private_key(given.signature, text + b"\n", public_key)
    assert not is_signed_by_private_key(given.signature, text, bytes(31))


def test_a_bearer_token_signs_nothing() -> None:
    with pytest.raises(ValueError, match="signs nothing"):
        authorization(owned_key(KeyKind.BEARER).text, REQUEST)
