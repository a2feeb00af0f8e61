"""Compresses documents for clients that take them so."""

import asyncio
import zlib
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.encodings import GZIP, preferred_encoding
from gateway.http.media_types import JSON, PROBLEM_JSON

LEAST_BYTES: Final = 1_024
"""A shorter document fits into a packet as it is."""
LEVEL: Final = 1
LEAST_BYTES_BESIDE: Final = 64 * 1024
"""From here on a document is compressed in a thread, so that no other request waits for it."""
_GZIP_FORMAT: Final = 31
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})


class CompressionMiddleware:
    """Compresses answers that are one JSON document, and says that `Accept` chose them.

    How small an answer gets tells something of what is in it. That matters where a secret stands
    beside what somebody else chose: no answer to a GET holds a key, a cookie or a ticket, and a
    page of another site asks without a cookie. What else is answered stays as it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            send = _Answer(scope, send).send
        await self.app(scope, receive, send)


class _Answer:
    """Holds the head of a document back until its body is there."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._is_safe = scope["method"] in _SAFE_METHODS
        self._asked = Headers(scope=scope)
        self._send = send
        self._head: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type") in (JSON, PROBLEM_JSON):
                headers.add_vary_header("Accept, Accept-Encoding")
                if self._may_compress(headers):
                    self._head = message
                    return
        elif self._head is not None:
            head, self._head = self._head, None
            message = await _compressed(head, message)
            await self._send(head)
        await self._send(message)

    def _may_compress(self, headers: Headers) -> bool:
        return (
            self._is_safe
            and "content-encoding" not in headers
            and preferred_encoding(self._asked, [GZIP]) is not None
        )


async def _compressed(head: Message, message: Message) -> Message:
    """Return the only part of a body compressed, and note it in the head; any other as it is."""
    body: bytes = message.get("body", b"")
    if message.get("more_body") or len(body) < LEAST_BYTES:
        return message
    if len(body) < LEAST_BYTES_BESIDE:
        content = _gzip(body)
    else:
        content = await asyncio.to_thread(_gzip, body)
    headers = MutableHeaders(scope=head)
    headers["Content-Encoding"] = GZIP
    headers["Content-Length"] = str(len(content))
    return {**message, "body": content}


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, LEVEL, _GZIP_FORMAT)
