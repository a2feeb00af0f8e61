"""Finds the end of a request's body in what a connection receives; strict, and bounded."""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gateway.http.limits import MAX_CHUNK_LINE_BYTES, MAX_CHUNKS, MAX_HEAD_BYTES
from gateway.http.problems import Problem, ProblemCode

_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER_LINE: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")
_END: Final = b"\r\n"

Headers = Sequence[tuple[bytes, bytes]]
_Step = Callable[[bytearray, int, list[bytes]], int]
"""Reads on from a position, adds to the content, and returns the position after; the same one when
more has to arrive."""


class Body(Protocol):
    """What follows a head; it knows when it is complete."""

    @property
    def is_complete(self) -> bool:
        """Return whether all of the body has been taken."""

    def take(self, unread: bytearray) -> bytes:
        """Take off the buffer what belongs to the body; return its content."""


class SizedBody:
    """A body of so many bytes; none when there are none."""

    def __init__(self, size_bytes: int) -> None:
        self._missing_bytes = size_bytes

    @property
    def is_complete(self) -> bool:
        return self._missing_bytes == 0

    def take(self, unread: bytearray) -> bytes:
        content = bytes(unread[: self._missing_bytes])
        del unread[: self._missing_bytes]
        self._missing_bytes -= len(content)
        return content


class ChunkedBody:
    """A body in chunks. Extensions and trailers are read and forgotten: nobody here wants them.

    A client decides how small its chunks are and how long its trailers, and each costs more than
    its bytes say, so both are counted. Trailers count as a part of the head.
    """

    def __init__(self, head_bytes: int) -> None:
        self.is_complete = False
        self._head_bytes = head_bytes
        self._chunks = 0
        self._missing_bytes = 0
        self._read: _Step = self._read_size

    def take(self, unread: bytearray) -> bytes:
        content: list[bytes] = []
        position = 0
        while not self.is_complete:
            after = self._read(unread, position, content)
            if after == position:
                break
            position = after
        del unread[:position]
        return b"".join(content)

    def _read_size(self, unread: bytearray, position: int, _: list[bytes]) -> int:
        end = _end_of_line(unread, position, MAX_CHUNK_LINE_BYTES, ProblemCode.BAD_REQUEST)
        if end is None:
            return position
        line = _SIZE_LINE.fullmatch(unread, position, end)
        if line is None:
            raise Problem(ProblemCode.BAD_REQUEST, "a chunk has no size")
        self._missing_bytes = int(line[1], 16)
        self._chunks += 1
        if self._chunks > MAX_CHUNKS:
            raise Problem(ProblemCode.BODY_TOO_LARGE, f"a body has at most {MAX_CHUNKS} chunks")
        self._read = self._read_content if self._missing_bytes else self._read_trailer
        return end + len(_END)

    def _read_content(self, unread: bytearray, position: int, content: list[bytes]) -> int:
        piece = bytes(unread[position : position + self._missing_bytes])
        content.append(piece)
        self._missing_bytes -= len(piece)
        if not self._missing_bytes:
            self._read = self._read_end_of_chunk
        return position + len(piece)

    def _read_end_of_chunk(self, unread: bytearray, position: int, _: list[bytes]) -> int:
        end = unread[position : position + len(_END)]
        if not _END.startswith(end):
            raise Problem(ProblemCode.BAD_REQUEST, "a chunk is longer than its size")
        if len(end) < len(_END):
            return position
        self._read = self._read_size
        return position + len(_END)

    def _read_trailer(self, unread: bytearray, position: int, _: list[bytes]) -> int:
        left_bytes = MAX_HEAD_BYTES - self._head_bytes - len(_END)
        end = _end_of_line(unread, position, left_bytes, ProblemCode.HEAD_TOO_LARGE)
        if end is None:
            return position
        self.is_complete = end == position
        if not self.is_complete and _TRAILER_LINE.fullmatch(unread, position, end) is None:
            raise Problem(ProblemCode.BAD_REQUEST, "a trailer is no header")
        self._head_bytes += end + len(_END) - position
        return end + len(_END)


def body_of(version: str, headers: Headers, head_bytes: int) -> Body:
    """Return the body that the headers of a request announce."""
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if codings:
        if version == "1.0":
            raise Problem(ProblemCode.BAD_REQUEST, "HTTP/1.0 has no transfer encodings")
        if codings != [b"chunked"]:
            raise Problem(
                ProblemCode.TRANSFER_ENCODING_UNKNOWN, "the only transfer encoding is chunked"
            )
        return ChunkedBody(head_bytes)
    lengths = [value for name, value in headers if name == b"content-length"]
    return SizedBody(int(lengths[0]) if lengths else 0)


def _end_of_line(unread: bytearray, position: int, max_bytes: int, code: ProblemCode) -> int | None:
    """Return where a line ends; None when its end has not arrived yet."""
    newline = unread.find(b"\n", position, position + max_bytes + len(_END))
    if newline < 0:
        if len(unread) - position >= max_bytes + len(_END):
            raise Problem(code, f"a line of a chunked body has at most {max_bytes} bytes here")
        return None
    if newline == position or not unread.startswith(_END, newline - 1):
        raise Problem(ProblemCode.BAD_REQUEST, "a line of a chunked body ends with CR and LF")
    return newline - 1
