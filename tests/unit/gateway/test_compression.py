"""Long documents are sent compressed to those who take them so, and nothing else is."""

import asyncio
import zlib
from typing import Any

import httpx2
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.middleware import compression
from gateway.http.middleware.compression import LEAST_BYTES, CompressionMiddleware
from tests.unit.gateway.support import GatewayHarness

JSON = "application/json"
LONG = b'{"items":[' + b'"01M7Y1TMHBHXE8EFKH8WEG8SYH",' * 200 + b"null]}"


async def raw(
    app: ASGIApp, headers: dict[str, str] | None = None, method: str = "GET"
) -> tuple[httpx2.Response, bytes]:
    """Return an answer, and its body as it was sent."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        asked = {"Accept-Encoding": "gzip"} if headers is None else headers
        async with client.stream(method, "/", headers=asked) as answer:
            return answer, b"".join([part async for part in answer.aiter_raw()])


def answering(response: Response) -> ASGIApp:
    return CompressionMiddleware(response)


async def test_a_long_document_is_compressed() -> None:
    answer, body = await raw(answering(Response(LONG, media_type=JSON)))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(body))
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert zlib.decompress(body, 31) == LONG
    assert len(body) < len(LONG) / 10


async def test_a_very_long_one_is_compressed_beside_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = []
    beside = asyncio.to_thread

    async def noted(work: Any, *arguments: Any) -> Any:
        threads.append(work)
        return await beside(work, *arguments)

    monkeypatch.setattr(compression.asyncio, "to_thread", noted)  # type: ignore[attr-defined]
    content = LONG * 20
    _, body = await raw(answering(Response(content, media_type=JSON)))
    assert zlib.decompress(body, 31) == content
    assert len(threads) == 1


@pytest.mark.parametrize(
    ("response", "asked", "method"),
    [
        (Response(LONG, media_type=JSON), {"Accept-Encoding": ""}, "GET"),
        (Response(LONG, media_type=JSON), {"Accept-Encoding": "br, gzip;q=0"}, "GET"),
        (Response(LONG, media_type=JSON), None, "POST"),
        (Response(LONG[: LEAST_BYTES - 1], media_type=JSON), None, "GET"),
        (Response(LONG, media_type="text/plain"), None, "GET"),
        (Response(LONG, headers={"Content-Encoding": "br"}, media_type=JSON), None, "GET"),
        (Response(status_code=204), None, "GET"),
    ],
    ids=["not wanted", "refused", "not reading", "short", "no document", "encoded", "nothing"],
)
async def test_everything_else_is_sent_as_it_is(
    response: Response, asked: dict[str, str] | None, method: str
) -> None:
    answer, body = await raw(answering(response), asked, method)
    assert body == response.body
    assert answer.headers.get("content-encoding") == response.headers.get("content-encoding")
    assert answer.headers.get("content-length") == response.headers.get("content-length")


async def test_a_document_in_parts_is_sent_in_parts() -> None:
    parts = [LONG, LONG]

    async def written() -> Any:
        for part in parts:
            yield part

    answer, body = await raw(answering(StreamingResponse(written(), media_type=JSON)))
    assert body == LONG * 2
    assert "content-encoding" not in answer.headers


async def test_the_interface_describes_itself_compressed() -> None:
    async with GatewayHarness().client() as client:
        headers = {"Accept-Encoding": "gzip"}
        whole, head = [
            await client.request(method, "/openapi.json", headers=headers)
            for method in ("GET", "HEAD")
        ]
    assert whole.headers["content-encoding"] == "gzip"
    assert whole.json()["openapi"]
    assert head.headers["content-length"] == whole.headers["content-length"]


async def test_what_is_no_request_passes() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await CompressionMiddleware(app)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == ["lifespan"]
