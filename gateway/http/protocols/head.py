"""Reads the head of one request: the request line and the headers."""

import re
from dataclasses import dataclass
from typing import Final

import httptools

from gateway.http.field_errors import FieldError
from gateway.http.limits import MAX_HEAD_BYTES, MAX_HEADERS
from gateway.http.problems import Problem, ProblemCode

_END: Final = b"\r\n\r\n"
_BLANK: Final = b"\r\n"
_VERSIONS: Final = ("1.0", "1.1")
_AUTHORITY: Final = re.compile(rb"https?://([^/?#]+)", re.IGNORECASE)
_CONTROL_CHARACTER: Final = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[^\r\n]*?[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Head:
    """A complete head. Names of headers are in lower case."""

    method: str
    target: bytes
    path: bytes
    query: bytes
    version: str
    headers: Headers
    size_bytes: int
    keeps_alive: bool

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a header, one for each line."""
        return [value for known, value in self.headers if known == name]

    def tokens(self, name: bytes) -> list[bytes]:
        """Return the elements of a header that is a list, in lower case."""
        elements = b",".join(self.values(name)).lower().split(b",")
        return [element.strip() for element in elements if element.strip()]


class HeadReader:
    """Takes the head of a request off what a connection has received.

    The parser sees a head and nothing else: what it reads does not depend on how the bytes were cut
    on their way, and a request that waits behind it, a body, or a frame of a WebSocket is not read
    before its turn. Every request has a parser of its own, so that none inherits a state.
    """

    def __init__(self) -> None:
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: Headers = []
        self._is_complete = False
        self._keeps_alive = False
        self._blank_bytes = 0
        self._parsed_bytes = 0
        self.has_line = False
        """Whether the request line has arrived."""

    @property
    def has_begun(self) -> bool:
        return self._parsed_bytes > 0

    def take(self, unread: bytearray) -> Head | None:
        """Return the head once it has arrived; a Problem says why there will be none."""
        if not self._parsed_bytes:
            self._skip_blank_lines(unread)
        found = unread.find(_END, max(0, self._parsed_bytes - len(_END) + 1))
        end = found + len(_END) if found >= 0 else len(unread)
        self.has_line = self.has_line or unread.find(b"\n", self._parsed_bytes, end) >= 0
        self._parse(unread, min(end, MAX_HEAD_BYTES))
        if end > MAX_HEAD_BYTES:
            raise self._too_large(unread)
        if found < 0:
            return None
        del unread[:end]
        return self._head(end)

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self._headers) >= MAX_HEADERS:
            raise _TooManyHeaders
        self._headers.append((name.lower(), value.strip(b" \t")))

    def on_message_begin(self) -> None:
        if self._is_complete:
            raise ValueError

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        self._is_complete = True
        self._keeps_alive = self._parser.should_keep_alive()

    def _skip_blank_lines(self, unread: bytearray) -> None:
        """Skip the empty lines that some clients send after a body (RFC 9112, 2.2)."""
        if not unread.startswith((b"\r", b"\n")):
            return
        before = len(unread)
        unread[:] = unread.lstrip(_BLANK)
        self._blank_bytes += before - len(unread)
        if self._blank_bytes > MAX_HEAD_BYTES:
            raise Problem(ProblemCode.BAD_REQUEST, "a request does not begin with empty lines")

    def _parse(self, unread: bytearray, end: int) -> None:
        piece = bytes(unread[self._parsed_bytes : end])
        self._parsed_bytes += len(piece)
        assert self._parser is not None
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            return  # whether there is an upgrade is decided when the head is complete
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, _TooManyHeaders):
                detail = f"a request has at most {MAX_HEADERS} headers"
                raise Problem(ProblemCode.HEAD_TOO_LARGE, detail) from None
            raise self._unreadable(bytes(unread[:end])) from None

    def _unreadable(self, head: bytes) -> Problem:
        """Return why a head cannot be read; a header with a control character is named.

        The parser has stopped in the line after those whose headers it has told.
        """
        lines = head.split(b"\r\n", len(self._headers) + 2)[len(self._headers) + 1 :]
        found = _CONTROL_CHARACTER.match(lines[0]) if lines else None
        if found is None:
            return Problem(ProblemCode.BAD_REQUEST, "this is no HTTP/1.1 request")
        error = FieldError(found[1].decode("ascii"), "must not have control characters")
        detail = f"{error.field} {error.message}"
        return Problem(ProblemCode.INVALID_PARAMETER, detail, errors=[error])

    def _too_large(self, unread: bytearray) -> Problem:
        detail = f"request line and headers have at most {MAX_HEAD_BYTES} bytes"
        if b"\n" in unread[:MAX_HEAD_BYTES]:
            return Problem(ProblemCode.HEAD_TOO_LARGE, detail)
        return Problem(ProblemCode.TARGET_TOO_LONG, detail)

    def _head(self, size_bytes: int) -> Head:
        assert self._parser is not None
        version = self._parser.get_http_version()
        if not self._is_complete or version not in _VERSIONS:
            raise Problem(ProblemCode.BAD_REQUEST, "this is no HTTP/1.1 request")
        path, query = self._parts_of_target()
        head = Head(
            self._parser.get_method().decode("ascii"),
            self._target,
            path,
            query,
            version,
            self._headers,
            size_bytes,
            keeps_alive=version == "1.1" and self._keeps_alive,
        )
        self._parser = (
            None  # it refers to this reader as well: the two would wait for the collector
        )
        return head

    def _parts_of_target(self) -> tuple[bytes, bytes]:
        """Return path and query; a target that names a host has to name the one of `Host`."""
        try:
            parts = httptools.parse_url(self._target)
        except httptools.HttpParserInvalidURLError:
            raise _wrong_target() from None
        path = parts.path or b"/"
        if parts.schema is not None:
            authority = _AUTHORITY.match(self._target)
            hosts = [value.lower() for name, value in self._headers if name == b"host"]
            if authority is None or hosts != [authority[1].lower()]:
                raise _wrong_target()
        if not self._target.isascii() or not path.startswith((b"/", b"*")):
            raise _wrong_target()
        return path, parts.query or b""


class _TooManyHeaders(Exception):
    """The parser is told to stop by an exception of its callback."""


def _wrong_target() -> Problem:
    return Problem(ProblemCode.BAD_REQUEST, "the target of the request is a path of this host")
