"""Which bytes in Redis are to be replaced by those the ledger says. Pure."""

import re
from typing import Final, NamedTuple

NOTHING: Final = b""
"""Stands for no document."""

_HEAD = re.compile(rb'\{"incarnation":"([^"]*)","version":(\d+)')


class Replacement(NamedTuple):
    """A document that is wrong, the bytes that were found there, and those expected."""

    key: str
    found_bytes: bytes
    expected_bytes: bytes
    """NOTHING to delete it."""


def is_ahead(found_bytes: bytes, expected_bytes: bytes) -> bool:
    """Return whether Redis may know more than the ledger did when it was read.

    The writer commits before it writes to Redis: of bytes read before the ledger was, it cannot.
    """
    found, expected = _position(found_bytes), _position(expected_bytes)
    return found is not None and expected is not None and found > expected


def _position(text: bytes) -> tuple[bytes, int] | None:
    head = _HEAD.match(text)
    return (head[1], int(head[2])) if head else None
