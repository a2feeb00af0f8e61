"""Counts the frames a client sends, before they are parsed."""

from collections.abc import Callable
from typing import Final

FRAMES_PER_SECOND: Final = 50.0
MAX_FRAMES_PER_READ: Final = 128
"""Also how many a client may send at once after a pause. Each costs 7 µs to parse, and one read
may hold 40,000 of them."""

_LENGTH: Final = 0x7F
_MASK: Final = 0x80
_MASK_BYTES: Final = 4
_EXTENDED_BYTES: Final = {126: 2, 127: 8}


class FrameBudget:
    """Follows the frames in what a client sends, and says when there are too many.

    Only their heads are looked at; whether they are valid is for the parser to say.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._frames_left = float(MAX_FRAMES_PER_READ)
        self._filled_at = clock()
        self._head = b""
        self._payload_left = 0

    def allows(self, data: bytes) -> bool:
        """Return whether the frames that begin in `data` are within the budget."""
        self._refill()
        position = min(self._payload_left, len(data))
        self._payload_left -= position
        while position < len(data):
            position = self._pass_frame(data, position)
            if self._frames_left < 0:
                return False
        return True

    def _refill(self) -> None:
        now = self._clock()
        earned = (now - self._filled_at) * FRAMES_PER_SECOND
        self._frames_left = min(float(MAX_FRAMES_PER_READ), self._frames_left + earned)
        self._filled_at = now

    def _pass_frame(self, data: bytes, position: int) -> int:
        """Return where the next frame begins, or the end of `data`."""
        head, before = self._head + data[position : position + 14], len(self._head)
        size = _head_bytes(head)
        if len(head) < size:
            self._head = head
            return len(data)
        self._head = b""
        self._frames_left -= 1
        begin = position + size - before
        end = min(len(data), begin + (length := _payload_bytes(head)))
        self._payload_left = length - (end - begin)
        return end


def _head_bytes(head: bytes) -> int:
    """Return how long a frame's head is, as far as its beginning tells."""
    if len(head) < 2:
        return 2
    return 2 + _EXTENDED_BYTES.get(head[1] & _LENGTH, 0) + (_MASK_BYTES if head[1] & _MASK else 0)


def _payload_bytes(head: bytes) -> int:
    length = head[1] & _LENGTH
    extended = _EXTENDED_BYTES.get(length)
    return int.from_bytes(head[2 : 2 + extended]) if extended else length
