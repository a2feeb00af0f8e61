"""Makes keys: new ones, those whose owner has the private key already, and replacements."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tradewind.errors import PermanentError
from tradewind.keys.key_text import Entropy, KeyText, new_key_id, new_key_text
from tradewind.keys.model import BEARER_SCOPES, Grant, Key, KeyKind
from tradewind.keys.seal import SEAL_VARIABLE, Seal
from tradewind.keys.signing import public_key_of

NAME_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
ACCOUNT_PATTERN: Final = r"[A-Za-z0-9*?][A-Za-z0-9*?_-]{0,63}"
MAX_PATTERNS: Final = 64
PUBLIC_KEY_BYTES: Final = 32
_SIGN_BIT: Final = 0x7F
_WEAK_PUBLIC_KEYS: Final = frozenset(
    bytes.fromhex(digits)
    for digits in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
"""The points of small order, and how they can be written otherwise: for them there are signatures
that fit every text."""


class KeyRefused(PermanentError):
    """Such a key would be useless or dangerous; the text says what to change."""

    code = "KEY_REFUSED"


@dataclass(frozen=True, slots=True)
class Request:
    """A key that is asked for."""

    name: str
    kind: KeyKind
    grant: Grant
    created_by: str
    expires_at: datetime | None = None


def issue(
    request: Request, *, now: datetime, entropy: Entropy, seal: Seal | None = None
) -> tuple[Key, KeyText]:
    """Return a new key as the platform keeps it, and as its owner does; KeyRefused."""
    _check(request, now)
    text = new_key_text(request.kind, entropy)
    return _key(request, text.key_id, now, _verifier(text, seal)), text


def register(request: Request, public_key: bytes, *, now: datetime, entropy: Entropy) -> Key:
    """Return the key of somebody who keeps the private key of an Ed25519 pair; KeyRefused."""
    _check(request, now)
    unsigned = public_key[:-1] + bytes([public_key[-1] & _SIGN_BIT]) if public_key else b""
    if len(public_key) != PUBLIC_KEY_BYTES or unsigned in _WEAK_PUBLIC_KEYS:
        raise KeyRefused("the public key is no Ed25519 key that proves anything")
    return _key(request, new_key_id(entropy), now, public_key)


def replacing(key: Key, old: Key) -> Key:
    """Return a new key as the replacement of an old one."""
    return replace(key, first_key_id=old.first_key_id)


def _key(request: Request, key_id: str, now: datetime, verifier: bytes) -> Key:
    return Key(
        key_id=key_id,
        first_key_id=key_id,
        name=request.name,
        kind=request.kind,
        grant=request.grant,
        created_at=now,
        created_by=request.created_by,
        expires_at=request.expires_at,
        verifier=verifier,
    )


def _verifier(text: KeyText, seal: Seal | None) -> bytes:
    if text.kind is KeyKind.ED25519:
        return public_key_of(text)
    if text.kind is KeyKind.BEARER:
        return hashlib.sha256(text.text.encode()).digest()
    if seal is None:
        raise KeyRefused(
            f"the secret of an hmac key is kept encrypted: {SEAL_VARIABLE} has to name the file "
            "with the key for that, 64 hexadecimal digits, for this command and for the gateway"
        )
    return seal.encrypt(text.key_id, text.text.encode())


def _check(request: Request, now: datetime) -> None:
    grant = request.grant
    if re.fullmatch(NAME_PATTERN, request.name) is None:
        raise KeyRefused("name: 1 to 64 letters, digits, dots, - or _")
    if not grant.scopes:
        raise KeyRefused("scope: a key needs at least one")
    if request.kind is KeyKind.BEARER and grant.scopes != BEARER_SCOPES:
        raise KeyRefused("scope: a bearer token may only read; use an ed25519 key to trade")
    for noun in ("strategies", "portfolios", "sources"):
        patterns = getattr(grant.accounts, noun)
        if not 1 <= len(patterns) <= MAX_PATTERNS:
            raise KeyRefused(f"{noun}: 1 to {MAX_PATTERNS} patterns")
        if wrong := [one for one in patterns if re.fullmatch(ACCOUNT_PATTERN, one) is None]:
            raise KeyRefused(
                f"{noun}: {wrong[0][:80]!r} is not 1 to 64 letters, digits, - or _, with * and ?"
            )
    if len(grant.networks) > MAX_PATTERNS:
        raise KeyRefused(f"networks: at most {MAX_PATTERNS}")
    if request.expires_at is not None and request.expires_at <= now:
        raise KeyRefused("expires: the time has passed already")
