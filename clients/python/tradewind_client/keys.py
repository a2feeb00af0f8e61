"""A key, and how it signs a request (docs/contracts/authentication.md)."""

import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_VARIABLE: Final = "TRADEWIND_API_KEY"
KEY_FILE_VARIABLE: Final = "TRADEWIND_API_KEY_FILE"
NONCE_BYTES: Final = 18
SECRET_BYTES: Final = 32
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY: Final = re.compile(
    r"tw_(ed25519|hmac|bearer)_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})[0-9A-Za-z]{6}"
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as `tradewind keys create` shows it once. The representation shows its id only."""

    kind: str
    key_id: str
    text: str = field(repr=False)
    _secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "ApiKey":
        """Return the key that a text is; ValueError, which never shows it."""
        found = _KEY.fullmatch(text.strip())
        if found is None:
            raise ValueError(
                "the text is no key: copy it whole, as `tradewind keys create` wrote it"
            )
        number = 0
        for digit in found[3]:
            number = number * len(_ALPHABET) + _ALPHABET.index(digit)
        if number.bit_length() > SECRET_BYTES * 8:
            raise ValueError("the text is no key")
        return cls(found[1], found[2], text.strip(), number.to_bytes(SECRET_BYTES))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "ApiKey | None":
        """Return the key of TRADEWIND_API_KEY, or in the file TRADEWIND_API_KEY_FILE names."""
        if text := environment.get(KEY_VARIABLE):
            return cls.parse(text)
        if path := environment.get(KEY_FILE_VARIABLE):
            return cls.parse(Path(path).read_text())
        return None

    def authorization(self, method: str, target: str, body: bytes, at_ms: int) -> str:
        """Return the header that proves one request; `target` is path and query as sent."""
        if self.kind == "bearer":
            return f"Bearer {self.text}"
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        digest = sha256(body).hexdigest()
        text = f"v1\n{method}\n{target}\n{digest}\n{at_ms}\n{nonce}".encode()
        scheme, signature = self._signed(text)
        return f"{scheme} key={self.key_id}, ts={at_ms}, nonce={nonce}, sig={signature.hex()}"

    def _signed(self, text: bytes) -> tuple[str, bytes]:
        if self.kind == "hmac":
            return "TW1-HMAC-SHA256", hmac.digest(self.text.encode(), text, "sha256")
        return "TW1-ED25519", Ed25519PrivateKey.from_private_bytes(self._secret).sign(text)
