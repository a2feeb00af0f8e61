"""Remembers which fills were told, a few bytes for each. Pure: every state keeps what it had."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import batched, chain
from typing import Final, NamedTuple

CHUNK_MARKS: Final = 256
MARK_BYTES: Final = 12
"""Two of a hundred million fills have the same mark once in a trillion platforms."""


class Seen(NamedTuple):
    """Marks of what was told, sorted and in chunks of which a change copies one."""

    chunks: tuple[tuple[bytes, ...], ...] = ()

    def has(self, name: str) -> bool:
        """Return whether this was told."""
        mark = mark_of(name)
        place = self._place(mark)
        if not self.chunks:
            return False
        chunk = self.chunks[place]
        found = bisect_left(chunk, mark)
        return found < len(chunk) and chunk[found] == mark

    def add(self, name: str) -> "Seen":
        """Return what was told until now, and this."""
        mark = mark_of(name)
        if not self.chunks:
            return Seen(((mark,),))
        place = self._place(mark)
        chunk = list(self.chunks[place])
        insort(chunk, mark)
        return Seen((*self.chunks[:place], *_halves(chunk), *self.chunks[place + 1 :]))

    def marks(self) -> Iterator[bytes]:
        """Return the marks of all that was told, in order."""
        return chain.from_iterable(self.chunks)

    @classmethod
    def of(cls, marks: bytes) -> "Seen":
        """Return what was told, from its marks in order, one after the other."""
        places = range(0, len(marks), MARK_BYTES)
        every = (marks[place : place + MARK_BYTES] for place in places)
        return cls(tuple(batched(every, CHUNK_MARKS)))

    def _place(self, mark: bytes) -> int:
        return max(bisect_right(self.chunks, mark, key=lambda chunk: chunk[0]) - 1, 0)


def _halves(chunk: Sequence[bytes]) -> tuple[tuple[bytes, ...], ...]:
    if len(chunk) <= CHUNK_MARKS:
        return (tuple(chunk),)
    middle = len(chunk) // 2
    return tuple(chunk[:middle]), tuple(chunk[middle:])


def mark_of(name: str) -> bytes:
    """Return a few bytes that stand for a text."""
    return blake2b(name.encode(), digest_size=MARK_BYTES).digest()
