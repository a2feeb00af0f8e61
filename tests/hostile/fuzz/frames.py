"""Makes WebSocket frames behind a handshake: odd ones, those with wrong bytes, and mere bytes."""

import json
import struct
from random import Random
from typing import Any, Final

from tests.hostile.fuzz.case import Case, cut, mutate

HANDSHAKE: Final = (
    b"GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
MAX_FRAMES: Final = 8
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
OPCODES: Final = (0, TEXT, TEXT, TEXT, TEXT, BINARY, CLOSE, PING, PONG, 3, 15)
VALUES: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 2**53, 1e308, "", "*", "intent.*", "market.*", "x" * 200, [], ["*"], {},
    ["intent.*"] * 40, [None], {"a": {"b": []}}, "intent-01J5S3Y4PEJHBJ5A7FYHBXQRFG",
)  # fmt: skip
FIELDS: Final = ("action", "topics", "correlationId", "resumeFrom", "stream", "ticket", "other")


def random_frames(random: Random) -> Case:
    """Return a handshake with frames; the next ones of the same source of randomness are others."""
    frames = b"".join(_frame(random) for _ in range(random.randint(1, MAX_FRAMES)))
    if random.random() < 0.3:
        frames = mutate(random, frames)
    if random.random() < 0.05:
        frames = random.randbytes(random.randint(1, 400))
    return Case((HANDSHAKE, *cut(random, frames)), is_whole=True)


def _frame(random: Random) -> bytes:
    opcode = random.choice(OPCODES)
    first = opcode | (0x80 if random.random() < 0.85 else 0)
    if random.random() < 0.05:
        first |= random.choice((0x10, 0x20, 0x40))
    payload = _payload(random, opcode)
    is_masked = random.random() < 0.95
    mask = random.randbytes(4) if is_masked else b""
    if is_masked:
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes([first]) + _length(random, len(payload), is_masked=is_masked) + mask + payload


def _length(random: Random, size: int, *, is_masked: bool) -> bytes:
    bit = 0x80 if is_masked else 0
    if random.random() < 0.03:
        return bytes([bit | 127]) + struct.pack("!Q", random.choice((2**63, 2**62, 2**20, 5)))
    if size < 126 and random.random() < 0.95:
        return bytes([bit | size])
    return bytes([bit | 126]) + struct.pack("!H", size)


def _payload(random: Random, opcode: int) -> bytes:
    if opcode == CLOSE:
        code = random.choice((1000, 1001, 1005, 1006, 1015, 2999, 4999, 0))
        return b"" if random.random() < 0.3 else struct.pack("!H", code) + random.randbytes(3)
    if opcode in (PING, PONG):
        return random.randbytes(random.choice((0, 4, 125)))
    if random.random() < 0.2:
        return random.randbytes(random.randint(0, 300))
    return _command(random)


def _command(random: Random) -> bytes:
    command: dict[str, Any] = {"action": random.choice(("subscribe", "unsubscribe", "ping", "x"))}
    if random.random() < 0.8:
        command["topics"] = random.choice((["*"], ["intent.*", "exec.*"], ["plan.created"]))
    for _ in range(random.randint(0, 2)):
        command[random.choice(FIELDS)] = random.choice(VALUES)
    text = json.dumps(command).encode()
    return mutate(random, text)[:60_000] if random.random() < 0.2 else text[:60_000]
