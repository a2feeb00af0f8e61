"""Which keys are made, and what is kept of them."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.support.keys import SEAL, owned_key
from tradewind.errors import ConfigurationError
from tradewind.keys.issue import KeyRefused, Request, issue, register
from tradewind.keys.model import Accounts, Grant, KeyKind, KeyScope
from tradewind.keys.seal import BrokenSeal, Seal, load_seal

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
READ = Grant(frozenset({KeyScope.READ}))
ASKED = Request("bot-1", KeyKind.ED25519, READ, "me@here")


@pytest.mark.parametrize("kind", list(KeyKind))
def test_what_is_kept_does_not_hold_the_secret(kind: KeyKind) -> None:
    owned = owned_key(kind)
    for secret in (owned.text.secret, owned.text.text.encode()):
        assert secret not in owned.key.verifier
    assert owned.text.text not in repr(owned)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (replace(ASKED, name=""), "name"),
        (replace(ASKED, name="a b"), "name"),
        (replace(ASKED, name="x" * 65), "name"),
        (replace(ASKED, grant=Grant(frozenset())), "scope"),
        (replace(ASKED, kind=KeyKind.BEARER, grant=Grant(frozenset(KeyScope))), "may only read"),
        (replace(ASKED, grant=replace(READ, accounts=Accounts((), ("*",)))), "strategies"),
        (replace(ASKED, grant=replace(READ, accounts=Accounts(("a b",)))), "strategies"),
        (replace(ASKED, grant=replace(READ, accounts=Accounts(("[a]",)))), "strategies"),
        (replace(ASKED, grant=replace(READ, accounts=Accounts(("*",), ("*",) * 65))), "portfolios"),
        (replace(ASKED, grant=replace(READ, networks=(ip_network("::/0"),) * 65)), "networks"),
        (replace(ASKED, expires_at=NOW), "expires"),
    ],
)
def test_a_useless_or_dangerous_key_is_refused(asked: Request, words: str) -> None:
    with pytest.raises(KeyRefused, match=words):
        issue(asked, now=NOW, entropy=os.urandom, seal=SEAL)


def test_an_hmac_key_needs_a_seal() -> None:
    with pytest.raises(KeyRefused, match="TRADEWIND_KEY_SEAL_FILE"):
        issue(replace(ASKED, kind=KeyKind.HMAC), now=NOW, entropy=os.urandom)


def test_a_sealed_secret_is_of_one_key_and_one_seal() -> None:
    sealed = SEAL.encrypt("key-1", b"secret")
    assert SEAL.decrypt("key-1", sealed) == b"secret"
    for seal, key_id, text in (
        (SEAL, "key-2", sealed),
        (Seal(bytes(32)), "key-1", sealed),
        (SEAL, "key-1", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (SEAL, "key-1", b""),
    ):
        with pytest.raises(BrokenSeal):
            seal.decrypt(key_id, text)
    assert SEAL.encrypt("key-1", b"secret") != sealed
    assert repr(SEAL) == "Seal()"


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "G" * 64, "\u0660" * 64])
def test_a_seal_file_of_anything_else_is_named_and_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seal"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="TRADEWIND_KEY_SEAL_FILE") as wrong:
        load_seal(path)
    assert text == "" or text not in str(wrong.value)
    with pytest.raises(ConfigurationError, match="TRADEWIND_KEY_SEAL_FILE"):
        load_seal(tmp_path / "nothing")


def test_a_public_key_is_kept_as_it_is() -> None:
    public_key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert register(ASKED, public_key, now=NOW, entropy=os.urandom).verifier == public_key


SMALL_ORDER = [
    "00" * 32,
    "01" + "00" * 31,
    "00" * 31 + "80",
    "01" + "00" * 30 + "80",
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "ff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


@pytest.mark.parametrize("digits", ["", "00", "11" * 33, *SMALL_ORDER])
def test_a_public_key_that_proves_nothing_is_refused(digits: str) -> None:
    with pytest.raises(KeyRefused, match="public key"):
        register(ASKED, bytes.fromhex(digits), now=NOW, entropy=os.urandom)


def test_why_points_of_small_order_are_refused() -> None:
    """The point 1 with the signature (1, 0) would sign every text there is."""
    identity = bytes.fromhex(SMALL_ORDER[1])
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"any text")


def test_addresses_are_compared_as_addresses() -> None:
    key = owned_key(networks=(ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))).key
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1"):
        assert key.admits(address)
    for outside in ("11.0.0.1", "::ffff:11.0.0.1", "2001:db9::1", None, "", "10.1.2.3.", "x"):
        assert not key.admits(outside)
    assert owned_key().key.admits(None)


def test_a_key_ends_at_its_time_and_when_it_is_revoked() -> None:
    key = replace(owned_key().key, expires_at=NOW)
    assert key.is_usable(NOW - timedelta(microseconds=1))
    assert not key.is_usable(NOW)
    assert not replace(key, revoked_at=NOW).is_usable(NOW - timedelta(days=1))
