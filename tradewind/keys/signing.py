"""Signs requests, and checks signatures: the canonical text and the header both sides agree on.

What is signed is the request as it is sent: `v1`, method, path and query, SHA-256 of the body, time
and nonce, divided by line feeds. None of them can hold one, so no two requests have the same text.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tradewind.keys.key_text import KEY_ID_PATTERN, KeyText
from tradewind.keys.model import KeyKind

SCHEMES: Final = {KeyKind.ED25519: "TW1-ED25519", KeyKind.HMAC: "TW1-HMAC-SHA256"}
_KINDS: Final = {scheme.lower(): kind for kind, scheme in SCHEMES.items()}
_SIGNATURE_DIGITS: Final = {KeyKind.ED25519: 128, KeyKind.HMAC: 64}
MIN_NONCE_CHARACTERS: Final = 16
MAX_NONCE_CHARACTERS: Final = 64
_HEADER: Final = re.compile(
    rf"([A-Za-z0-9-]+) key=({KEY_ID_PATTERN}), ?ts=([1-9][0-9]{{0,14}}), ?"
    rf"nonce=([0-9A-Za-z_-]{{{MIN_NONCE_CHARACTERS},{MAX_NONCE_CHARACTERS}}}), ?"
    r"sig=([0-9a-f]{64}|[0-9a-f]{128})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What is signed. `target` is path and query as they are sent."""

    method: str
    target: bytes
    body: bytes
    timestamp_ms: int
    """Of the moment of signing, since 1970."""
    nonce: str

    @property
    def canonical_text(self) -> bytes:
        """The bytes that are signed."""
        digest = hashlib.sha256(self.body).hexdigest()
        head = f"v1\n{self.method}\n".encode()
        return head + self.target + f"\n{digest}\n{self.timestamp_ms}\n{self.nonce}".encode()


@dataclass(frozen=True, slots=True)
class Signature:
    """What the header of a signed request says."""

    kind: KeyKind
    key_id: str
    timestamp_ms: int
    nonce: str
    signature: bytes


def authorization(key: KeyText, request: SignedRequest) -> str:
    """Return the `Authorization` header of a request."""
    signature = _sign(key, request.canonical_text).hex()
    return (
        f"{SCHEMES[key.kind]} key={key.key_id}, ts={request.timestamp_ms}, "
        f"nonce={request.nonce}, sig={signature}"
    )


def parse_signature(header: str) -> Signature | None:
    """Return what a header of one of the schemes says; None for any other header."""
    found = _HEADER.fullmatch(header)
    kind = _KINDS.get(found[1].lower()) if found else None
    if found is None or kind is None or len(found[5]) != _SIGNATURE_DIGITS[kind]:
        return None
    return Signature(kind, found[2], int(found[3]), found[4], bytes.fromhex(found[5]))


def public_key_of(key: KeyText) -> bytes:
    """Return the public key of an Ed25519 key."""
    return Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw()


def is_signed_by_private_key(signature: bytes, text: bytes, public_key: bytes) -> bool:
    """Return whether an Ed25519 signature is that of the text."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_signed_by_secret(signature: bytes, text: bytes, secret: bytes) -> bool:
    """Return whether an HMAC is that of the text, in a time that tells nothing."""
    return hmac.compare_digest(hmac.digest(secret, text, "sha256"), signature)


def _sign(key: KeyText, text: bytes) -> bytes:
    if key.kind is KeyKind.ED25519:
        return Ed25519PrivateKey.from_private_bytes(key.secret).sign(text)
    if key.kind is KeyKind.HMAC:
        return hmac.digest(key.text.encode(), text, "sha256")
    raise ValueError("a bearer token signs nothing")
