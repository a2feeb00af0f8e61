"""Writes and reads the text of a key: `tw_<kind>_<id>_<secret><checksum>`, in base 62.

The prefix lets scanners of repositories find a key that leaked, and the checksum tells a typing
error from a key that is unknown, without asking a store.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tradewind.errors import PermanentError
from tradewind.keys.model import KeyKind

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_BYTES: Final = 32
ID_BYTES: Final = 11
"""Fewer than fill the characters of an id, so that every number of so many bytes fits."""
ID_CHARACTERS: Final = 16
SECRET_CHARACTERS: Final = 43
CHECKSUM_CHARACTERS: Final = 6
KEY_ID_PATTERN: Final = rf"[0-9A-Za-z]{{{ID_CHARACTERS}}}"
_KEY: Final = re.compile(
    rf"(tw_({'|'.join(KeyKind)})_({KEY_ID_PATTERN})_([0-9A-Za-z]{{{SECRET_CHARACTERS}}}))"
    rf"([0-9A-Za-z]{{{CHECKSUM_CHARACTERS}}})"
)

type Entropy = Callable[[int], bytes]


class MalformedKey(PermanentError):
    """The text is no key. Copy it again, whole, as `tradewind keys create` wrote it."""

    code = "MALFORMED_KEY"


@dataclass(frozen=True, slots=True)
class KeyText:
    """The text of a key, which is secret. The representation shows its id only."""

    kind: KeyKind
    key_id: str
    secret: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The text that its owner keeps."""
        body = f"tw_{self.kind}_{self.key_id}_{_encode(self.secret, SECRET_CHARACTERS)}"
        return body + _checksum(body)


def new_key_text(kind: KeyKind, entropy: Entropy) -> KeyText:
    """Return a new key of a kind."""
    return KeyText(kind, new_key_id(entropy), entropy(SECRET_BYTES))


def new_key_id(entropy: Entropy) -> str:
    """Return a new id."""
    return _encode(entropy(ID_BYTES), ID_CHARACTERS)


def parse_key(text: str) -> KeyText:
    """Return the key that a text is; MalformedKey never shows it."""
    found = _KEY.fullmatch(text)
    if found is None or _checksum(found[1]) != found[5]:
        raise MalformedKey("the text is no key, or a character of it is wrong")
    number = _number(found[4])
    if number.bit_length() > SECRET_BYTES * 8:
        raise MalformedKey("the text is no key")
    return KeyText(KeyKind(found[2]), found[3], number.to_bytes(SECRET_BYTES))


def encode_secret(secret: bytes) -> str:
    """Return a secret of 32 bytes as text that needs no escaping anywhere."""
    return _encode(secret, SECRET_CHARACTERS)


def _checksum(body: str) -> str:
    return _encode(zlib.crc32(body.encode()).to_bytes(4), CHECKSUM_CHARACTERS)


def _encode(data: bytes, characters: int) -> str:
    number, digits = int.from_bytes(data), []
    for _ in range(characters):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * len(ALPHABET) + ALPHABET.index(digit)
    return number
