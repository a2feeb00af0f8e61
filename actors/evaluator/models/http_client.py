"""The HTTP client under every vendor's SDK: bounded answers, no redirects, one hop to connect.

The SDKs bring clients of their own, which follow redirects, and so hand the vendor's key to
wherever an answer points, and read whatever size comes.
"""

from collections.abc import AsyncIterator
from typing import Final

import httpx2

CONNECT_TIMEOUT_SECONDS: Final = 1.0
"""Short, so that within a deadline of three seconds there is time to connect once more."""
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Of one HTTP answer with all that is around the model's text."""
MAX_CONNECTIONS: Final = 32
KEEP_ALIVE_SECONDS: Final = 60.0


class AnswerTooLarge(Exception):
    """The HTTP answer is larger than MAX_ANSWER_BYTES; the rest was not read."""


class AnswerEncoded(Exception):
    """The HTTP answer is compressed, which was not asked for: its size could be anything."""


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read_bytes = 0
        async for chunk in self._stream:
            read_bytes += len(chunk)
            if read_bytes > MAX_ANSWER_BYTES:
                raise AnswerTooLarge
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def vendor_http_client(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """Return a client for one vendor; a test gives a `transport`."""
    return httpx2.AsyncClient(
        transport=transport,
        follow_redirects=False,
        headers={"accept-encoding": "identity"},
        limits=httpx2.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS),
        event_hooks={"request": [_hurry_to_connect], "response": [_bound]},
    )


async def _hurry_to_connect(request: httpx2.Request) -> None:
    timeout = request.extensions.get("timeout", {})
    allowed_seconds = timeout.get("connect") or CONNECT_TIMEOUT_SECONDS
    connect_seconds = min(allowed_seconds, CONNECT_TIMEOUT_SECONDS)
    request.extensions["timeout"] = timeout | {"connect": connect_seconds, "pool": connect_seconds}


async def _bound(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise AnswerEncoded
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _BoundedStream(response.stream)
