"""Says what is wrong with what a gateway sent back; whatever it was sent, it stays well-formed."""

import json
import struct
from collections.abc import Iterator
from typing import Final

from tests.hostile.flood import Answer, answers

REFUSED_ENCODING: Final = 501
SWITCHED: Final = 101
PAGE: Final = "text/html; charset=utf-8"
"""What a person gets of an address without data."""
MAX_CONTROL_BYTES: Final = 125
CLOSE_CODES: Final = {
    1000,
    1001,
    1002,
    1003,
    1007,
    1008,
    1009,
    1011,
    1012,
    1013,
    *range(4000, 4100),
}
OWN_OPCODES: Final = {1: "text", 8: "close", 9: "ping", 10: "pong"}


class Misbehaviour(Exception):
    """The gateway sent what no gateway may send."""


def judge(received: bytes, method: bytes) -> int:
    """Return how many answers there are; Misbehaviour when one is not as it must be."""
    count = 0
    try:
        for answer in answers(_with_body(received) if method == b"HEAD" else received):
            _judge_answer(answer)
            count += 1
    except (AssertionError, ValueError, KeyError) as error:
        raise Misbehaviour(f"{error!r} in {received!r:.1000}") from error
    return count


def _with_body(received: bytes) -> bytes:
    """Take the length off the first answer when it has no body, as that to a HEAD has none."""
    head, end, rest = received.partition(b"\r\n\r\n")
    if rest and not rest.startswith(b"HTTP/"):
        return received
    return head.replace(b"content-length", b"x-length") + end + rest


def _judge_answer(answer: Answer) -> None:
    if answer.status == SWITCHED:
        _judge_frames(answer.body)
        return
    assert answer.header("x-request-id") or answer.status == 503, "no request id"
    if answer.status >= 500 and answer.status != REFUSED_ENCODING:
        assert answer.status == 503, answer
        assert answer.header("retry-after"), answer
    if answer.header("content-type") == PAGE:
        assert answer.status in (200, 404), answer
        assert "default-src 'none'" in (answer.header("content-security-policy") or ""), answer
    elif answer.status >= 400:
        assert answer.header("content-type") == "application/problem+json", answer
        if answer.body:
            assert json.loads(answer.body)["status"] == answer.status


def _judge_frames(received: bytes) -> None:
    for opcode, payload in _frames(received):
        assert opcode in OWN_OPCODES, opcode
        if opcode == 1:
            assert isinstance(json.loads(payload), dict)
        else:
            assert len(payload) <= MAX_CONTROL_BYTES
        if opcode == 8 and payload:
            assert int.from_bytes(payload[:2]) in CLOSE_CODES | _ECHOED, payload


_ECHOED: Final = {2999, 4999}
"""Codes of the client, which gets its own back."""


def _frames(received: bytes) -> Iterator[tuple[int, bytes]]:
    while len(received) >= 2:
        opcode, size, start = received[0] & 0x0F, received[1], 2
        assert received[0] & 0xF0 == 0x80, "a part of a message, or a reserved bit"
        assert size < 0x80, "a masked frame"
        if size == 126:
            (size,), start = struct.unpack_from("!H", received, 2), 4
        elif size == 127:
            (size,), start = struct.unpack_from("!Q", received, 2), 10
        yield opcode, received[start : start + size]
        received = received[start + size :]
