"""Recognises, in the bytes a client sends, the moments at which a cut is interesting."""

import struct
from typing import Final, Protocol

from tradewind.runtime.pull_consumer import ACK, ACK_AND_NEXT

COMMIT_QUERIES: Final = (b"COMMIT;\0", b"COMMIT\0")
COMMITTED: Final = b"C\0\0\0\x0bCOMMIT\0"
"""The server's CommandComplete."""
ACKNOWLEDGED: Final = b"PUB $JS.ACK."
ACKNOWLEDGEMENTS: Final = (b"\r\n" + ACK + b"\r\n", b"\r\n" + ACK_AND_NEXT)
"""As the product writes them: without or with a request for more behind it."""
APPENDS: Final = b"INSERT INTO events ("
"""In the statement that appends a batch; alone it commits itself (ADR 055)."""
APPENDED: Final = b"C\0\0\0\x0dSELECT 1\0"
NOT_APPENDED: Final = (b"C\0\0\0\x0dSELECT 0\0", b"ERROR\0")
"""What the server says of it: it returns the writer's row, or none."""
_QUERY, _PARSE, _BIND, _SYNC = b"QPBS"
_PROTOCOL_3: Final = 3
_LENGTH = struct.Struct("!I")


class Watcher(Protocol):
    """Watches all bytes of one connection, in order."""

    def sees_it(self, data: bytes) -> bool:
        """Return whether these bytes of the client contain the moment."""
        ...

    def is_answered(self, data: bytes) -> bool:
        """Return whether these bytes of the server confirm it."""
        ...


class NoWatcher:
    """Watches for nothing."""

    def sees_it(self, data: bytes) -> bool:
        """Return False."""
        return False

    def is_answered(self, data: bytes) -> bool:
        """Return False."""
        return False


class CommitWatcher:
    """Sees what commits an append: the simple query COMMIT, or a statement that commits itself.

    A connection begins with messages without a type byte (a request for TLS, then the start-up
    message); from there on each is a type byte, a length that counts itself, and a body. Messages
    are seen however they are cut up.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._started = False
        self._is_in_transaction = False
        self._appending = set[bytes]()
        """Names of prepared statements that append."""
        self._appends = False
        """Whether what the next Sync ends appends, and commits."""
        self._is_asked = False
        """Whether the server has yet to say what became of a statement that commits itself."""

    def sees_it(self, data: bytes) -> bool:
        """Return whether what commits is complete with this piece."""
        self._buffer += data
        seen = False
        while (message := self._next_message()) is not None:
            seen = self._commits(*message) or seen
        return seen

    def is_answered(self, data: bytes) -> bool:
        """Return whether the server committed: what failed, or appended nothing, it says so of."""
        if COMMITTED in data:
            return True
        if not self._is_asked or not any(one in data for one in (APPENDED, *NOT_APPENDED)):
            return False
        self._is_asked = False
        return APPENDED in data

    def _commits(self, kind: int, body: bytes) -> bool:
        first, second, *_ = *body.split(b"\0", 2), b""
        if kind == _QUERY:
            if first.startswith((b"BEGIN", b"COMMIT", b"ROLLBACK;")):
                self._is_in_transaction = first.startswith(b"BEGIN")
            return body in COMMIT_QUERIES
        if kind == _PARSE:
            (self._appending.add if APPENDS in second else self._appending.discard)(first)
        elif kind == _BIND:
            self._appends = second in self._appending and not self._is_in_transaction
        elif kind == _SYNC:
            self._is_asked, self._appends = self._appends, False
            return self._is_asked
        return False

    def _next_message(self) -> tuple[int, bytes] | None:
        """Return type and body of the next message; the type is 0 where it has none."""
        head = 1 if self._started else 0
        if len(self._buffer) < head + _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer, head)
        if len(self._buffer) < head + length:
            return None
        message, self._buffer = self._buffer[: head + length], self._buffer[head + length :]
        body = message[head + _LENGTH.size :]
        if not self._started:
            self._started = int.from_bytes(body[:2]) == _PROTOCOL_3
            return 0, body
        return message[0], body


class AcknowledgementWatcher:
    """Sees a NATS client acknowledge a message of a stream."""

    def sees_it(self, data: bytes) -> bool:
        """Return whether this piece acknowledges: clients write such a short command at once."""
        return ACKNOWLEDGED in data and any(answer in data for answer in ACKNOWLEDGEMENTS)

    def is_answered(self, data: bytes) -> bool:
        """Return False: an acknowledgement has no answer."""
        return False
