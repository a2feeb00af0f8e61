"""The bytes a document has in Redis and those it should have according to the ledger. Pure."""

import re
from typing import Final, NamedTuple

NOTHING: Final = b""
"""The bytes of a document that does not exist."""

_HEAD = re.compile(rb'\{"incarnation":"([^"]*)","version":(\d+)')


class Replacement(NamedTuple):
    """A document whose bytes differ from the expected ones."""

    key: str
    found_bytes: bytes
    expected_bytes: bytes
    """NOTHING when the document has to be deleted."""


def is_ahead(found_bytes: bytes, expected_bytes: bytes) -> bool:
    """Return whether the bytes found in Redis are newer than the expected ones.

    The writer commits before it writes to Redis. So a document that was read from Redis before the
    ledger was read, and still looks newer, is damaged.
    """
    found, expected = _position(found_bytes), _position(expected_bytes)
    return found is not None and expected is not None and found > expected


def _position(text: bytes) -> tuple[bytes, int] | None:
    head = _HEAD.match(text)
    return (head[1], int(head[2])) if head else None
