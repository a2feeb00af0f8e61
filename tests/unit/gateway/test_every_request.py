"""What holds for every request: ids, headers, methods, content types, origins, failures."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from gateway.http.limits import MAX_BODY_BYTES
from tests.unit.gateway.support import BODY, JSON, GatewayHarness, check_problem
from tradewind.contracts.ids import parse_ulid


@pytest.mark.parametrize("offered", ["abcd-1234", "a.b:c_d-e", "A" * 64])
async def test_a_well_formed_request_id_is_kept(offered: str) -> None:
    async with GatewayHarness().client() as client:
        response = await client.get("/health", headers={"X-Request-ID": offered})
    assert response.headers["x-request-id"] == offered


@pytest.mark.parametrize("offered", ["", "short", "A" * 65, "has space", 'quote"quote', "ümlaut-ü"])
async def test_any_other_request_id_is_replaced(offered: str) -> None:
    async with GatewayHarness().client() as client:
        response = await client.get("/nothing", headers={b"X-Request-ID": offered.encode()})
    minted = response.headers["x-request-id"]
    assert parse_ulid(minted)
    assert response.json()["request_id"] == minted


@pytest.mark.parametrize("path", ["/health", "/nothing", "/metrics", "/intents"])
async def test_security_headers_are_everywhere(path: str) -> None:
    async with GatewayHarness().client() as client:
        headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/intents", "GET, HEAD, POST"),
        ("POST", "/intents/01J5S3Y4PEJHBJ5A7FYHBXQRFG", "GET, HEAD"),
        ("PUT", "/health", "GET, HEAD"),
        ("POST", "/stream", "GET, HEAD"),
        ("OPTIONS", "/intents", "GET, HEAD, POST"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(method: str, path: str, allow: str) -> None:
    async with GatewayHarness().client() as client:
        response = await client.request(method, path)
    check_problem(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == allow


async def test_a_stream_without_handshake_is_told_to_upgrade() -> None:
    async with GatewayHarness().client() as client:
        response = await client.get("/stream")
    check_problem(response, 426, "UPGRADE_REQUIRED")
    assert response.headers["upgrade"] == "websocket"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json5"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; a=b; charset=utf-16"},
        {"Content-Type": 'application/json; a="; charset=utf-8"; charset=utf-16'},
        {"Content-Type": "application/json; charset=utf-8; charset=utf-16"},
        {"Content-Type": "application/json, application/json"},
        [("Content-Type", "application/json"), ("Content-Type", "text/plain")],
        [("Content-Type", "application/json"), ("Content-Type", "application/json")],
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/json", "Content-Encoding": "identity, gzip"},
        [
            ("Content-Type", "application/json"),
            ("Content-Encoding", "identity"),
            ("Content-Encoding", "gzip"),
        ],
    ],
)
async def test_another_content_type_is_a_415(
    headers: dict[str, str] | list[tuple[str, str]],
) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        response = await client.post("/intents", content=b"{}", headers=headers)
    check_problem(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        'application/json; profile="a; charset=utf-16"; charset=utf8',
    ],
)
async def test_utf8_may_be_spelled_out(content_type: str) -> None:
    async with GatewayHarness().client() as client:
        response = await client.post(
            "/intents", content=b"{}", headers={"Content-Type": content_type}
        )
    check_problem(response, 422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml;q=0.9, text/*",
        "application/json;q=0, */*",
        "*/*;q=bad",
        ",",
        'text/html;a="x, application/json"',
    ],
)
async def test_an_answer_nobody_accepts_is_a_406(accept: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        response = await client.post("/intents", json=BODY, headers={"Accept": accept})
        check_problem(response, 406, "NOT_ACCEPTABLE")
        check_problem(
            await client.get("/intents", headers={"Accept": accept}), 406, "NOT_ACCEPTABLE"
        )
    assert gateway.publisher.attempts == []


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", "text/html, */*;q=0.1", "APPLICATION/JSON", ""]
)
async def test_json_is_recognised_in_accept(accept: str) -> None:
    async with GatewayHarness().client() as client:
        assert (await client.get("/intents", headers={"Accept": accept})).status_code == 200


@pytest.mark.parametrize("lines", [["text/html", "application/json"], ["", "*/*"], ["a/b", "*/*"]])
async def test_every_line_of_accept_is_read(lines: list[str]) -> None:
    async with GatewayHarness().client() as client:
        response = await client.get("/intents", headers=[("Accept", line) for line in lines])
    assert response.status_code == 200


async def test_of_two_request_ids_neither_is_kept() -> None:
    offered = [("X-Request-ID", "request-1"), ("X-Request-ID", "request-2")]
    async with GatewayHarness().client() as client:
        response = await client.get("/health", headers=offered)
    assert parse_ulid(response.headers["x-request-id"])


async def test_a_body_over_the_limit_is_refused_by_its_length() -> None:
    async with GatewayHarness().client() as client:
        response = await client.post("/intents", content=b" " * (MAX_BODY_BYTES + 1), headers=JSON)
    document = check_problem(response, 413, "BODY_TOO_LARGE")
    assert document["errors"] == [
        {"field": "body", "message": "is too large, in bytes", "limit": MAX_BODY_BYTES}
    ]


async def test_a_chunked_body_is_not_read_past_the_limit() -> None:
    """Given a body without a length: reading stops at the first chunk over the limit."""
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 10_000_000:
            read += 1_024
            yield b" " * 1_024

    async with GatewayHarness().client() as client:
        response = await client.post("/intents", content=chunks(), headers=JSON)
    check_problem(response, 413, "BODY_TOO_LARGE")
    assert read <= MAX_BODY_BYTES + 2 * 1_024


async def test_a_body_at_the_limit_is_read() -> None:
    async with GatewayHarness().client() as client:
        response = await client.post("/intents", content=b" " * MAX_BODY_BYTES, headers=JSON)
    check_problem(response, 400, "MALFORMED_JSON")


async def test_a_body_that_never_ends_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http.bodies.BODY_TIMEOUT_SECONDS", 0.01)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with GatewayHarness().client() as client:
        response = await client.post("/intents", content=chunks(), headers=JSON)
    check_problem(response, 408, "BODY_TIMEOUT")


async def test_a_bug_becomes_a_500_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr("gateway.submission.intents.parse_intent", explode)
    async with GatewayHarness().client() as client:
        response = await client.post("/intents", json=BODY)
    check_problem(response, 500, "INTERNAL_ERROR")
    assert not re.search("secret|RuntimeError|Traceback", response.text)
