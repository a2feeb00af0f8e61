"""What one WebSocket client can send without end: it is refused, and others are answered."""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

import pytest

from tests.hostile.flood import READ_BYTES, AttackedGateway, Flood, withstand

HANDSHAKE: Final = (
    b"GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASK: Final = bytes(4)
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL: Final = 0x80
MANY: Final = 20_000


def frame(opcode: int, payload: bytes = b"", *, is_final: bool = True) -> bytes:
    """Return a frame of a client; a mask of zeros leaves it readable."""
    assert len(payload) < 126
    head = bytes(((FINAL if is_final else 0) | opcode, 0x80 | len(payload)))
    return head + MASK + payload


def message(**fields: object) -> bytes:
    return frame(TEXT, json.dumps(fields).encode())


SUBSCRIBE: Final = message(action="subscribe", topics=["*"])
BEGUN: Final = frame(TEXT, is_final=False)
FRAME_FLOODS: Final[Mapping[str, tuple[bytes, bytes]]] = {
    "empty continuations": (BEGUN, frame(CONTINUATION, is_final=False)),
    "continuations of a byte": (BEGUN, frame(CONTINUATION, b"x", is_final=False)),
    "continuations of a binary message": (
        frame(BINARY, is_final=False),
        frame(CONTINUATION, is_final=False),
    ),
    "continuations of each message": (b"", BEGUN + frame(CONTINUATION) * 1),
    "pings in a message that does not end": (BEGUN, frame(PING)),
    "empty pings": (b"", frame(PING)),
    "full pings": (b"", frame(PING, b"x" * 125)),
    "empty pongs": (b"", frame(PONG)),
    "pongs after a subscription": (SUBSCRIBE, frame(PONG, b"x")),
}
MESSAGE_FLOODS: Final[Mapping[str, tuple[bytes, bytes]]] = {
    "empty messages": (b"", frame(TEXT)),
    "messages": (b"", message(action="ping")),
    "binary messages": (b"", frame(BINARY, b"x")),
    "replays": (b"", message(action="subscribe", topics=["*"], resumeFrom=0)),
}
FLOODS: Final = {**FRAME_FLOODS, **MESSAGE_FLOODS}


@pytest.mark.parametrize("reads", [False, True], ids=["unread", "read"])
@pytest.mark.parametrize("name", FLOODS)
async def test_others_are_answered_during_a_flood(
    attacked: AttackedGateway, name: str, reads: bool
) -> None:
    opening, repeated = FLOODS[name]
    flood = Flood(HANDSHAKE + opening, repeated * MANY, connections=2, reads=reads)
    await withstand(attacked, flood, seconds=0.5)


@pytest.mark.parametrize("name", FRAME_FLOODS)
def test_a_client_that_sends_too_many_frames_is_told_why(
    attacked: AttackedGateway, name: str
) -> None:
    opening, repeated = FLOODS[name]
    code, reason = close_of(attacked, opening + repeated * 1_000)
    assert code == 1008
    assert reason in ("too many frames", "too many fragments")


def test_a_message_of_few_fragments_is_read(attacked: AttackedGateway) -> None:
    text = b'{"action":"ping"}'
    parts = [frame(CONTINUATION, bytes((one,)), is_final=False) for one in text[1:]]
    begun = frame(TEXT, text[:1], is_final=False)
    with opened(attacked) as connection:
        connection.sendall(begun + b"".join(parts) + frame(CONTINUATION))
        assert b'"type":"pong"' in connection.recv(READ_BYTES)


def test_a_message_of_too_many_fragments_is_refused(attacked: AttackedGateway) -> None:
    parts = frame(CONTINUATION, is_final=False) * 64
    assert close_of(attacked, BEGUN + parts) == (1008, "too many fragments")


def test_frames_spread_over_many_segments_are_counted(attacked: AttackedGateway) -> None:
    """Given frames that are cut in the middle of their heads: each counts once."""
    pings = frame(PING, b"12345") * 300
    pieces = [pings[start : start + 5] for start in range(0, len(pings), 5)]
    assert close_of(attacked, *pieces) == (1008, "too many frames")


@pytest.fixture
def crowd(attacked: AttackedGateway) -> Iterator[list[socket.socket]]:
    """Return as many idle connections of this address as it may have."""
    connections = [opened(attacked) for _ in range(20)]
    yield connections
    for connection in connections:
        connection.close()


def test_one_address_does_not_take_all_connections(
    attacked: AttackedGateway, crowd: Sequence[socket.socket]
) -> None:
    [answer] = attacked.ask(HANDSHAKE)
    assert answer.status == 429
    assert answer.header("retry-after") is not None
    document = json.loads(answer.body)
    assert document["code"] == "TOO_MANY_STREAMS"
    assert document["request_id"] == answer.header("x-request-id")


def opened(gateway: AttackedGateway) -> socket.socket:
    """Return a WebSocket connection."""
    connection = gateway.connect()
    connection.sendall(HANDSHAKE)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(READ_BYTES)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return connection


def close_of(gateway: AttackedGateway, *pieces: bytes) -> tuple[int, str]:
    """Return code and reason of the close frame that ends what is sent."""
    with opened(gateway) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        received = b""
        with suppress(ConnectionError):
            while more := connection.recv(READ_BYTES):
                received += more
    begin = received.rindex(bytes((FINAL | CLOSE,)))
    payload = received[begin + 2 :]
    return int.from_bytes(payload[:2]), payload[2:].decode()
