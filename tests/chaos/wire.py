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
_QUERY: Final = ord("Q")
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
    """Sees the simple query COMMIT in PostgreSQL's frontend protocol, however it is cut up.

    A connection begins with messages without a type byte (a request for TLS, then the start-up
    message); from there on each is a type byte, a length that counts itself, and a body.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._started = False

    def sees_it(self, data: bytes) -> bool:
        """Return whether a COMMIT is complete with this piece."""
        self._buffer += data
        seen = False
        while (body := self._next_message()) is not None:
            seen = seen or body in COMMIT_QUERIES
        return seen

    def is_answered(self, data: bytes) -> bool:
        """Return whether the server completed a COMMIT: a failed one is answered with ROLLBACK."""
        return COMMITTED in data

    def _next_message(self) -> bytes | None:
        """Return the body of the next query, or nothing in bytes for any other message."""
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
            return b""
        return body if message[0] == _QUERY else b""


class AcknowledgementWatcher:
    """Sees a NATS client acknowledge a message of a stream."""

    def sees_it(self, data: bytes) -> bool:
        """Return whether this piece acknowledges: clients write such a short command at once."""
        return ACKNOWLEDGED in data and any(answer in data for answer in ACKNOWLEDGEMENTS)

    def is_answered(self, data: bytes) -> bool:
        """Return False: an acknowledgement has no answer."""
        return False
