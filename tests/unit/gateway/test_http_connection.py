"""A connection from its first byte to its end: every client gets an answer, or an end."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import REGISTRY
from starlette.types import Receive, Scope, Send

from gateway.http.limits import MAX_HEAD_BYTES, MAX_WAITING_BYTES
from tests.hostile.flood import Answer
from tests.support.waiting import wait_until
from tests.unit.gateway.recorded_answers import RECORDED, comparable
from tests.unit.gateway.served import RawConnection, ServedGateway, served
from tests.unit.gateway.support import BODY
from tradewind.contracts.ids import parse_ulid

LIMITS = "gateway.http.protocols.http."
CUT = "tradewind_http_cut_connections_total"
HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"
GET = b"GET /health HTTP/1.1\r\n" + HOST
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\n" + HOST
POST = b"POST /intents HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
INTENT = json.dumps(BODY).encode()
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
STREAM = b"GET /stream HTTP/1.1\r\n" + HOST + UPGRADE
PING = b"\x89\x84\x00\x00\x00\x00ping"
PONG = b"\x8a\x04ping"


@pytest.fixture
async def gateway() -> AsyncIterator[ServedGateway]:
    async with served() as running:
        yield running


def sized(size: int) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % size


def code_of(answer: Answer) -> str:
    return str(json.loads(answer.body)["code"])


def as_recorded(answer: Answer) -> dict[str, Any]:
    """Return an answer as the list of answers has it: the connection's own headers are no part."""
    headers = dict(answer.headers)
    minted = headers["x-request-id"]
    assert parse_ulid(minted)
    for name in ("date", "connection"):
        headers.pop(name)
    headers["x-request-id"] = "request-1"
    return comparable(answer.status, headers, answer.body.replace(minted.encode(), b"request-1"))


REFUSED = {
    "a head that is too large": GET + b"X: " + b"a" * MAX_HEAD_BYTES,
    "a target that is too long": b"GET /" + b"a" * MAX_HEAD_BYTES,
    "a request that is none": b"\x16\x03\x01\x02\x00",
    "an unknown transfer encoding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "a handshake that is none": b"GET /stream HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_a_connection_refuses_is_answered_like_everything(
    gateway: ServedGateway, name: str
) -> None:
    [answer] = await gateway.ask(REFUSED[name])
    assert answer.closes
    assert as_recorded(answer) == RECORDED[name]


async def test_a_head_that_does_not_end_is_answered(
    gateway: ServedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMITS + "HEAD_TIMEOUT_SECONDS", 0.1)
    [answer] = await gateway.ask(GET + b"X: a")
    assert as_recorded(answer) | {"body": None} == RECORDED["a head without an end"] | {
        "body": None
    }
    assert code_of(answer) == "HEAD_TIMEOUT"


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"])
async def test_a_connection_without_a_request_ends(
    gateway: ServedGateway, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMITS + "HEAD_TIMEOUT_SECONDS", 0.1)
    assert await gateway.ask(sent) == []


async def test_empty_lines_between_requests_do_not_keep_a_connection(
    gateway: ServedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMITS + "KEEP_ALIVE_SECONDS", 0.3)
    async with gateway.connected() as connection:
        await connection.send(GET + b"\r\n")
        await connection.read_until(b'{"status":"ok"}')
        trickle = asyncio.ensure_future(_trickle(connection.writer, b"\r\n"))
        try:
            assert await connection.answers() == []
        finally:
            trickle.cancel()


async def _trickle(writer: asyncio.StreamWriter, piece: bytes) -> None:
    while True:
        writer.write(piece)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("start", "trickled", "status"),
    [
        (GET + sized(999_999_999), b"a", 200),
        (POST + sized(60_000), b" ", 408),
        (POST + sized(999_999_999), b" ", 413),
        (POST.replace(b"json", b"text") + sized(60_000), b" ", 415),
        (POST + CHUNKED, b"1\r\na\r\n", 408),
        (POST + CHUNKED + b"0\r\n", b"X: a\r\n", 408),
        (POST + CHUNKED + b"1;", b"a", 408),
    ],
)
async def test_a_body_that_trickles_ends_with_its_answer(
    gateway: ServedGateway,
    start: bytes,
    trickled: bytes,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LIMITS + "REQUEST_TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(LIMITS + "DRAIN_SECONDS", 0.1)
    async with gateway.connected() as connection:
        await connection.send(start)
        trickle = asyncio.ensure_future(_trickle(connection.writer, trickled))
        try:
            [answer] = await connection.answers()
        finally:
            trickle.cancel()
    assert answer.status == status
    assert answer.closes


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (GET + sized(5), 200),
        (POST.replace(b"json", b"text") + sized(5), 415),
        (POST.replace(b"json", b"text") + CHUNKED + b"1\r\na\r\n", 415),
        (POST + sized(999_999_999), 413),
        (b"POST /nothing HTTP/1.1\r\n" + HOST + sized(5), 404),
        (b"DELETE /health HTTP/1.1\r\n" + HOST + sized(5), 405),
        (POST + b"Expect: 100-continue\r\n" + sized(999_999_999), 413),
    ],
)
async def test_an_answer_before_the_end_of_the_body_ends_the_connection(
    gateway: ServedGateway, sent: bytes, status: int
) -> None:
    [answer] = await gateway.ask(sent)
    assert answer.status == status
    assert answer.closes


async def test_little_is_read_after_an_answer(
    gateway: ServedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMITS + "DRAIN_SECONDS", 60)
    monkeypatch.setattr(LIMITS + "MAX_DRAINED_BYTES", 64 * 1024)
    async with gateway.connected() as connection:
        await connection.send(POST.replace(b"json", b"text") + sized(10**9))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            await _send_for_ever(connection)


async def _send_for_ever(connection: RawConnection) -> None:
    while True:
        await connection.send(b" " * MAX_WAITING_BYTES)


@pytest.mark.parametrize(
    ("chunks", "status", "code"),
    [
        ([b"zz\r\n"], 400, "BAD_REQUEST"),
        ([b"5\r\n{}", b"   zz"], 400, "BAD_REQUEST"),
        ([b"1\r\n \r\n" * 5_000], 413, "BODY_TOO_LARGE"),
        ([b"0\r\n", b"X: aaaa\r\n" * 10_000], 431, "HEAD_TOO_LARGE"),
    ],
)
async def test_a_body_that_turns_out_wrong_is_answered_once(
    gateway: ServedGateway, chunks: list[bytes], status: int, code: str
) -> None:
    [answer] = await gateway.ask(POST + CHUNKED, *chunks)
    assert (answer.status, code_of(answer)) == (status, code)
    assert answer.closes


async def test_requests_sent_ahead_are_answered_in_order(gateway: ServedGateway) -> None:
    """Given bodies of every kind between them, in one segment."""
    chunked = b"%x\r\n%b\r\n0\r\nX: a\r\n\r\n" % (len(INTENT), INTENT)
    requests = (
        GET + b"\r\n",
        POST + sized(len(INTENT)) + INTENT,
        POST + CHUNKED + chunked,
        b"GET /nothing HTTP/1.1\r\n" + HOST + b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        POST + b"Upgrade: h2c\r\nConnection: Upgrade\r\n" + sized(len(INTENT)) + INTENT,
        GET + sized(3) + b"abc",
        GET + CLOSE + b"\r\n",
    )
    answers = await gateway.ask(b"".join(requests))
    assert [answer.status for answer in answers] == [200, 201, 201, 404, 201, 200, 200]


async def test_too_much_sent_ahead_ends_the_connection_after_the_answer(
    gateway: ServedGateway,
) -> None:
    sent = GET + b"\r\n"
    ahead_bytes = MAX_WAITING_BYTES + MAX_WAITING_BYTES // 2
    answers = await gateway.ask(sent * (ahead_bytes // len(sent)))
    assert answers
    assert len(answers) * len(sent) < ahead_bytes // 2
    assert answers[-1].closes


async def cut_off_unread(gateway: ServedGateway, sent: bytes) -> None:
    """Send requests for more than fits between the two ends, read nothing, and be cut off."""
    listener = gateway.server.servers[0].sockets[0]
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2_048)
    cut_before = cut_off_as("not_reading")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        client.connect(("127.0.0.1", gateway.port))
        await asyncio.to_thread(client.sendall, sent)
        await wait_until(lambda: cut_off_as("not_reading") == cut_before + 1)
        await wait_until(lambda: len(gateway.connections) == 0)


def cut_off_as(reason: str) -> float:
    return REGISTRY.get_sample_value(CUT, {"reason": reason}) or 0.0


async def test_a_client_that_reads_nothing_is_cut_off(
    gateway: ServedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMITS + "WRITE_TIMEOUT_SECONDS", 0.2)
    await cut_off_unread(gateway, (DOCUMENT + b"\r\n") * 400)


async def test_a_client_that_does_not_read_its_last_answer_is_cut_off(
    gateway: ServedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMITS + "WRITE_TIMEOUT_SECONDS", 3_600)
    monkeypatch.setattr(LIMITS + "LINGER_SECONDS", 0.2)
    await cut_off_unread(gateway, DOCUMENT + CLOSE + b"\r\n")


HANDSHAKES = {
    "with a body": (STREAM + sized(5) + b"abcde", 400),
    "with the length of a body that never comes": (STREAM + sized(5), 400),
    "chunked": (STREAM + CHUNKED, 400),
    "by POST": (b"POST /intents HTTP/1.1\r\n" + HOST + UPGRADE + sized(2) + b"{}", 400),
    "of another version": (STREAM.replace(b": 13", b": 8") + b"\r\n", 400),
    "of a short key": (STREAM.replace(b"AAAA", b"", 1) + b"\r\n", 400),
    "of two keys": (STREAM + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", 400),
    "of two upgrades": (STREAM + b"Upgrade: h2c\r\n\r\n", 400),
    "with more headers than anybody needs": (STREAM + b"a: b\r\n" * 200 + b"\r\n", 431),
    "with a head that is too large": (STREAM + b"Cookie: " + b"a" * 40_000 + b"\r\n\r\n", 431),
    "of HTTP/1.0": (STREAM.replace(b"1.1", b"1.0") + b"\r\n", 426),
    "without a host": (STREAM.replace(HOST, b"") + b"\r\n", 400),
    "of another host": (STREAM.replace(b"localhost", b"evil.example") + b"\r\n", 421),
    "of another site": (STREAM + b"Origin: http://evil.example\r\n\r\n", 403),
    "of another path": (STREAM.replace(b"/stream", b"/streams") + b"\r\n", 404),
}


@pytest.mark.parametrize("name", HANDSHAKES)
async def test_a_handshake_is_refused_with_a_problem(
    gateway: ServedGateway, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent, status = HANDSHAKES[name]
    [answer] = await gateway.ask(sent)
    assert answer.status == status
    assert answer.header("content-type") == "application/problem+json"
    assert answer.closes
    await wait_until(lambda: not gateway.server.server_state.tasks)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    "handshake",
    [
        STREAM + b"\r\n",
        STREAM + b"Cookie: " + b"a" * 20_000 + b"\r\n\r\n",
        STREAM + b"a: b\r\n" * 100 + b"\r\n",
        STREAM.replace(b": Upgrade", b": keep-alive\r\nConnection: Upgrade") + b"\r\n",
        STREAM + b"Content-Length: 0\r\n\r\n",
    ],
)
async def test_a_frame_behind_its_handshake_is_served(
    gateway: ServedGateway, handshake: bytes
) -> None:
    async with gateway.connected() as connection:
        await connection.send(handshake + PING)
        head = await connection.read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert await connection.read_until(PONG) == PONG
    await wait_until(lambda: len(gateway.connections) == 0)


@pytest.mark.parametrize("behind", [b"", PING, b"\x88\x80\0\0\0\0", b"\x81\x81\0\0\0\0\xff"])
async def test_text_that_is_none_ends_a_stream_and_is_no_defect(
    gateway: ServedGateway, behind: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with gateway.connected() as connection:
        await connection.send(STREAM + b"\r\n\x81\x81\0\0\0\0\xff" + behind)
        [answer] = await connection.answers()
    assert answer.status == 101
    assert answer.body[0] in (0x88, 0x8A), "a close frame, behind the pong of a ping"
    await wait_until(lambda: len(gateway.connections) == 0)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_handshake_waits_for_the_answers_before_it(gateway: ServedGateway) -> None:
    async with gateway.connected() as connection:
        await connection.send((GET + b"\r\n") * 2 + STREAM + b"\r\n" + PING)
        for _ in range(2):
            assert (await connection.read_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            await connection.read_until(b'{"status":"ok"}')
        assert (await connection.read_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        assert await connection.read_until(PONG) == PONG


async def test_a_handshake_that_is_not_answered_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http.protocols.handshake.HEAD_TIMEOUT_SECONDS", 0.1)

    async with served(_silent) as gateway:
        assert await gateway.ask(STREAM + b"\r\n") == []


async def test_too_many_frames_before_the_handshake_is_answered_end_it() -> None:
    async with served(_silent) as gateway:
        pings = PING * (MAX_WAITING_BYTES // len(PING))
        assert await gateway.ask(STREAM + b"\r\n", pings, pings) == []


async def _silent(_: Scope, __: Receive, ___: Send) -> None:
    await asyncio.sleep(1_000)
