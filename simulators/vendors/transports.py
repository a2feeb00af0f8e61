"""Answers over HTTP: whole and in time, or in the ways in which connections go wrong."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from simulators.vendors.modes import HTML

TRANSPORT: Final = "transport"
"""Where the server puts the connection into an ASGI scope's state."""
DRIP_SECONDS: Final = 0.2
CHUNK: Final = b" " * 64 * 1024
ELSEWHERE: Final = "/elsewhere"

type Body = dict[str, Any]
type Answer = Callable[[Request, Body], Awaitable[Response]]


class HungUp(Exception):
    """The connection was cut on purpose."""


async def whole(request: Request, body: Body) -> Response:
    """Answer as it should be."""
    return _json(body)


async def slow(request: Request, body: Body) -> Response:
    """Answer properly, and too late for anybody who waits for seconds."""
    await asyncio.sleep(request.app.state.slow_seconds)
    return _json(body)


async def silent(request: Request, body: Body) -> Response:
    """Send the headers and nothing else."""
    return _stream(_nothing(request))


async def drip(request: Request, body: Body) -> Response:
    """Send a byte now and then, so that something always arrives."""
    return _stream(_drops(request, json.dumps(body).encode()))


async def cut(request: Request, body: Body) -> Response:
    """Hang up in the middle of the answer."""
    return _stream(_half(request, json.dumps(body).encode()))


async def reset(request: Request, body: Body) -> Response:
    """Hang up without an answer."""
    _hang_up(request)
    return Response()


async def endless(request: Request, body: Body) -> Response:
    """Send spaces, which JSON allows, until the client has enough."""
    return _stream(_spaces(request))


async def html(request: Request, body: Body) -> Response:
    """Answer as a proxy in front of the vendor does."""
    return Response(HTML, 502, media_type="text/html")


async def html_ok(request: Request, body: Body) -> Response:
    """Answer as a captive portal does."""
    return Response(HTML, media_type="text/html")


async def empty_body(request: Request, body: Body) -> Response:
    """Answer 200, and nothing."""
    return Response(b"", media_type="application/json")


async def odd_document(request: Request, body: Body) -> Response:
    """Answer JSON that has nothing of what the protocol says."""
    return _json({"choices": 7, "output": "yes", "candidates": [], "content": {}})


async def compressed(request: Request, body: Body) -> Response:
    """Answer in an encoding that nobody asked for: little here, much over there."""
    packed = gzip.compress(json.dumps(body).encode() + b" " * 8 * 1024 * 1024)
    headers = {"content-encoding": "gzip"}
    return Response(packed, headers=headers, media_type="application/json")


async def redirect(request: Request, body: Body) -> Response:
    """Point to somewhere else, where a key must not go."""
    return RedirectResponse(ELSEWHERE, 307)


ANSWERS: Final[dict[str, Answer]] = {
    answer.__name__: answer
    for answer in (
        slow,
        silent,
        drip,
        cut,
        reset,
        endless,
        html,
        html_ok,
        empty_body,
        odd_document,
        compressed,
        redirect,
    )
}


def _json(body: Body) -> Response:
    # In ASCII: half a surrogate pair can be escaped, and in no other way be sent.
    return Response(json.dumps(body), media_type="application/json")


def _stream(chunks: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(chunks, media_type="application/json")


async def _nothing(request: Request) -> AsyncIterator[bytes]:
    while not _is_gone(request):  # noqa: ASYNC110 - nothing tells when a client has gone
        await asyncio.sleep(DRIP_SECONDS)
    yield b""


async def _drops(request: Request, body: bytes) -> AsyncIterator[bytes]:
    for byte in body:
        if _is_gone(request):
            break
        yield bytes([byte])
        await asyncio.sleep(DRIP_SECONDS)


async def _half(request: Request, body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    _hang_up(request)


async def _spaces(request: Request) -> AsyncIterator[bytes]:
    while not _is_gone(request):
        yield CHUNK
        # Sending to a client that went away does not wait.
        await asyncio.sleep(0)


def _is_gone(request: Request) -> bool:
    is_closing: bool = request.scope["state"][TRANSPORT].is_closing()
    return is_closing


def _hang_up(request: Request) -> None:
    request.scope["state"][TRANSPORT].close()
    raise HungUp
