"""What one client can send without end: the gateway answers everybody else meanwhile."""

import pytest

from tests.hostile.flood import AttackedGateway, Flood, withstand

POST = b"POST /intents HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
JSON = POST + b"application/json\r\n"
TEXT = POST + b"text/plain\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
METRICS = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"

FLOODS = {
    "trailers": Flood(JSON + CHUNKED + b"0\r\n", b"X: a\r\n" * 20_000),
    "one-byte chunks that are refused": Flood(TEXT + CHUNKED, b"1\r\na\r\n" * 20_000),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_others_are_answered_during_a_flood(attacked: AttackedGateway, name: str) -> None:
    await withstand(attacked, FLOODS[name])
