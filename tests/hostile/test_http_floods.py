"""What one client can send without end: the gateway answers everybody else meanwhile."""

import pytest

from tests.hostile.flood import AttackedGateway, Flood, withstand

HOST = b"Host: localhost\r\n"
GET = b"GET /health HTTP/1.1\r\n" + HOST
POST = b"POST /intents HTTP/1.1\r\n" + HOST + b"Content-Type: "
JSON = POST + b"application/json\r\n"
TEXT = POST + b"text/plain\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = b"Content-Length: 999999999\r\n\r\n"
LARGE = b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"\r\n"
HANDSHAKE = (
    b"GET /stream HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
UNACKNOWLEDGED_CHUNK = b"8000\r\n" + b" " * 0x8000 + b"\r\n"

FLOODS = {
    "trailers": Flood(JSON + CHUNKED + b"0\r\n", b"X: a\r\n" * 20_000),
    "chunks of one byte": Flood(JSON + CHUNKED, b"1\r\na\r\n" * 20_000),
    "chunks of one byte that are refused": Flood(TEXT + CHUNKED, b"1\r\na\r\n" * 20_000),
    "an extension of a chunk": Flood(JSON + CHUNKED + b"1;", b"a" * 200_000),
    "chunks for a GET": Flood(GET + CHUNKED, UNACKNOWLEDGED_CHUNK * 8),
    "a body for a GET": Flood(GET + ENDLESS, b"a" * 200_000),
    "a body that is too large": Flood(JSON + ENDLESS, b" " * 200_000),
    "headers": Flood(GET, b"a: b\r\n" * 20_000),
    "one header": Flood(GET + b"X: ", b"a" * 200_000),
    "spaces before a value": Flood(GET + b"X:", b" " * 200_000),
    "a target": Flood(b"GET /", b"a" * 200_000),
    "empty lines": Flood(b"", b"\r\n" * 100_000),
    "empty lines after a request": Flood(GET + b"\r\n", b"\r\n" * 100_000),
    "garbage": Flood(b"", bytes(range(256)) * 800),
    "requests ahead": Flood(b"", (GET + b"\r\n") * 1_000, reads=True),
    "requests ahead, and nothing read": Flood(b"", LARGE * 1_000),
    "connections that say nothing": Flood(b"", connections=150),
    "heads that do not end": Flood(GET + b"X: a", connections=150),
    "bodies that do not come": Flood(JSON + b"Content-Length: 60000\r\n\r\n ", connections=150),
    "handshakes that are wrong": Flood(b"", HANDSHAKE + b"Cookie: " + b"a" * 60_000, 8),
    "handshakes with a body": Flood(HANDSHAKE + ENDLESS, b"a" * 200_000, 8),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_others_are_answered_during_a_flood(attacked: AttackedGateway, name: str) -> None:
    await withstand(attacked, FLOODS[name])
