"""A WebSocket client that only notes when bytes arrive, so that it hardly affects the result."""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Iterator
from typing import Any, Final, cast
from urllib.parse import urlsplit

import orjson

from loadtest.bench.findings import BenchmarkFailed

HANDSHAKE_TIMEOUT_SECONDS: Final = 15
_HANDSHAKE_END = b"\r\n\r\n"
_FINAL_TEXT: Final = 0x81
_TEXT: Final = 0x1
_MASKED: Final = 0x80
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127


class FrameTap(asyncio.Protocol):
    """One client (RFC 6455): subscribes, then keeps every chunk with its time of arrival."""

    def __init__(self, host: str, subscription: dict[str, Any]) -> None:
        self._host = host
        self._subscription = subscription
        self._chunks: list[tuple[int, bytes]] = []
        self._handshake = b""
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the upgrade request."""
        # The transports of uvloop are not subclasses of those of asyncio.
        self._transport = transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /stream HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Keep the chunk; before that, finish the handshake and wait for the first frame."""
        if self.subscribed.done():
            self._chunks.append((time.time_ns(), data))
            return
        self._handshake += data
        head, end, frames = self._handshake.partition(_HANDSHAKE_END)
        if end and not head.startswith(b"HTTP/1.1 101"):
            self.subscribed.set_exception(BenchmarkFailed(head.decode(errors="replace")))
        elif frames:
            self._chunks.append((time.time_ns(), frames))
            self.subscribed.set_result(None)
        elif end:
            self._transport.write(_client_frame(orjson.dumps(self._subscription)))

    def close(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    def frames(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield every text frame with the time its last byte arrived, in Unix nanoseconds."""
        pending = b""
        for arrived_at, chunk in self._chunks:
            pending += chunk
            while (frame := split_frame(pending)) is not None:
                opcode, payload, pending = frame
                if opcode == _TEXT:
                    yield arrived_at, orjson.loads(payload)


def _client_frame(payload: bytes) -> bytes:
    """Return a masked text frame of less than 126 bytes; a mask of zeros leaves it readable."""
    if len(payload) >= _LENGTH_16:
        raise ValueError("longer frames are not needed here")
    return bytes((_FINAL_TEXT, _MASKED | len(payload))) + bytes(4) + payload


def split_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Return (opcode, payload, rest) of the first whole frame, None when there is none yet."""
    if len(data) < 2:
        return None
    length, offset = data[1] & 0x7F, 2
    if length == _LENGTH_16 and len(data) >= 4:
        (length,), offset = struct.unpack_from("!H", data, 2), 4
    elif length == _LENGTH_64 and len(data) >= 10:
        (length,), offset = struct.unpack_from("!Q", data, 2), 10
    elif length >= _LENGTH_16:
        return None
    if len(data) < offset + length:
        return None
    return data[0] & 0x0F, data[offset : offset + length], data[offset + length :]


async def open_tap(url: str, subscription: dict[str, Any]) -> FrameTap:
    """Connect, subscribe and wait for the first frame that confirms it."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    _, tap = await asyncio.get_running_loop().create_connection(
        lambda: FrameTap(address.netloc, subscription), address.hostname, address.port
    )
    try:
        async with asyncio.timeout(HANDSHAKE_TIMEOUT_SECONDS):
            await tap.subscribed
    except TimeoutError:
        raise BenchmarkFailed(f"{url}/stream did not confirm a subscription") from None
    return tap
