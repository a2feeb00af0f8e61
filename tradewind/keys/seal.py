"""Encrypts the secrets of HMAC keys, which the platform has to read to check a signature."""

import os
import re
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradewind.errors import ConfigurationError
from tradewind.settings import PREFIX, OwnedSettings

SEAL_VARIABLE: Final = f"{PREFIX}KEY_SEAL_FILE"
_SEAL: Final = re.compile(r"[0-9a-f]{64}")
_NONCE_BYTES: Final = 12


class SealSettings(OwnedSettings):
    """The seal of HMAC keys."""

    key_seal_file: Path | None = None
    """File of 64 hexadecimal digits that encrypt the secrets of HMAC keys; none when unset."""


class BrokenSeal(ConfigurationError):
    """A secret was encrypted by another seal. TRADEWIND_KEY_SEAL_FILE must name that one."""

    code = "BROKEN_SEAL"


class Seal:
    """AES-256-GCM by one key. The representation does not show it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "Seal()"

    def encrypt(self, key_id: str, secret: bytes) -> bytes:
        """Return the encrypted secret of a key, which is none for any other key."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, _bound_to(key_id))

    def decrypt(self, key_id: str, sealed: bytes) -> bytes:
        """Return the secret of a key; BrokenSeal when it was sealed by another or for another."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, text, _bound_to(key_id))
        except (InvalidTag, ValueError):
            raise BrokenSeal(
                f"{SEAL_VARIABLE} is not the file that sealed the key {key_id}"
            ) from None


def load_seal(path: Path | None) -> Seal | None:
    """Return the seal that a file holds, None where there is no file; ConfigurationError."""
    if path is None:
        return None
    try:
        text = path.read_text("ascii").strip()
    except OSError as error:
        raise ConfigurationError(f"{SEAL_VARIABLE}: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        text = ""
    if _SEAL.fullmatch(text) is None:
        raise ConfigurationError(
            f"{SEAL_VARIABLE}: {path} does not hold 64 hexadecimal digits: "
            "write it with `openssl rand -hex 32`"
        )
    return Seal(bytes.fromhex(text))


def _bound_to(key_id: str) -> bytes:
    return f"tradewind key {key_id}".encode()
