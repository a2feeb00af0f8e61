"""What the bytes Redis holds are worth beside those the ledger says. Pure."""

import re
from typing import Final, NamedTuple

NOTHING: Final = b""
"""Stands for no document."""

_HEAD = re.compile(rb'\{"incarnation":"([^"]*)","version":(\d+)')


class Replacement(NamedTuple):
    """A document that is wrong, the bytes that were judged so, and the right ones."""

    key: str
    judged: bytes
    right: bytes
    """NOTHING to delete it."""


def is_ahead(held: bytes, said: bytes) -> bool:
    """Return whether Redis may know more than the ledger did when it was read.

    The writer commits before it writes to Redis: of bytes read before the ledger was, it cannot.
    """
    position, reached = _position(held), _position(said)
    return position is not None and reached is not None and position > reached


def _position(text: bytes) -> tuple[bytes, int] | None:
    head = _HEAD.match(text)
    return (head[1], int(head[2])) if head else None
