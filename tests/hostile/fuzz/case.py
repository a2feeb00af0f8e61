"""One thing to send on a connection of its own, and how bytes of it are made wrong."""

from dataclasses import dataclass
from random import Random
from typing import Final

MAX_PIECES: Final = 4
INTERESTING: Final = (
    b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"\t", b";", b",", b'"', b"%00", b"\x7f", b"\xff",
    b"\r\n\r\n", b"0\r\n\r\n", b"HTTP/1.1", b"Host: evil.example\r\n", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"a" * 300, b"a" * 40_000, b"\x81\x80\0\0\0\0", b"\x88\x80",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Bytes to send, in pieces; `is_whole` when an answer has to come without more of them."""

    pieces: tuple[bytes, ...]
    is_whole: bool

    @property
    def sent(self) -> bytes:
        return b"".join(self.pieces)


def cut(random: Random, sent: bytes) -> tuple[bytes, ...]:
    """Return bytes in a few pieces, mostly in one."""
    if random.random() < 0.6 or len(sent) < 2:
        return (sent,)
    at = sorted(random.sample(range(1, len(sent)), min(MAX_PIECES - 1, len(sent) - 1)))
    return tuple(sent[a:b] for a, b in zip([0, *at], [*at, len(sent)], strict=True))


def mutate(random: Random, sent: bytes) -> bytes:
    """Return bytes of which a few are others, gone, twice there, or in the wrong place."""
    changed = bytearray(sent)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(changed) + 1)
        size = random.randint(1, 20)
        kind = random.randrange(6)
        if kind == 0:
            changed[at : at + 1] = random.randbytes(1)
        elif kind == 1:
            del changed[at : at + size]
        elif kind == 2:
            changed[at:at] = changed[at : at + size]
        elif kind == 3:
            changed[at:at] = random.choice(INTERESTING)
        elif kind == 4:
            changed[at : at + size] = random.randbytes(size)
        else:
            del changed[at + len(changed) // 2 :]
    return bytes(changed)
