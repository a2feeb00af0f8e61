"""What the client does itself, beside nats-py, which is right by definition."""

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.protocol.parser import Parser

from tests.unit.runtime.connected_client import BODIES, connected
from tradewind.runtime import nats_client
from tradewind.runtime.nats_client import MessageParser, NatsClient, ReceivedHeaders

REPLIES = st.sampled_from([b"", b"$JS.ACK.EVENTS.ledger.1.7.7.9.0", b"_INBOX.x"])
GAPS = st.sampled_from([b" ", b" ", b" ", b"  ", b"\t"])
OTHERS = st.sampled_from(
    [b"PING\r\n", b"PONG\r\n", b"+OK\r\n", b"-ERR 'Stale'\r\n", b'INFO {"max_payload":9}\r\n']
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["Nats-Msg-Id", "Status", "A", "B c", "", "Grüße"]),
        st.sampled_from([":", ": ", ":\t", ""]),
        st.one_of(st.text(max_size=6), st.sampled_from(["01J5S3Y4", "00-ab-00", "a b"])),
    ),
    max_size=4,
).map(lambda lines: "".join(f"{''.join(line)}\r\n" for line in lines).encode())
HEADERS = st.one_of(st.binary(max_size=40), LINES)


class Heard:
    """Stands in for the client: notes what a parser passes on."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def _process_msg(self, *message: Any) -> None:
        self.calls.append(
            tuple(bytes(one) if isinstance(one, bytearray) else one for one in message)
        )

    async def _process_ping(self) -> None:
        self.calls.append(("ping",))

    async def _process_pong(self) -> None:
        self.calls.append(("pong",))

    async def _process_err(self, error: str) -> None:
        self.calls.append(("error", error))

    async def _process_info(self, info: dict[str, Any]) -> None:
        self.calls.append(("info", info))


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    body, reply, gap = draw(BODIES), draw(REPLIES), draw(GAPS)
    words = [b"risk.approved.a.b", b"%d" % draw(st.integers(1, 12)), *([reply] if reply else [])]
    if draw(st.booleans()):
        headers = b"NATS/1.0\r\n" + draw(st.binary(max_size=20)) + b"\r\n\r\n"
        sizes = [b"%d" % len(headers), b"%d" % (len(headers) + len(body))]
        return gap.join([b"HMSG", *words, *sizes]) + b"\r\n" + headers + body + b"\r\n"
    return gap.join([b"MSG", *words, b"%d" % len(body)]) + b"\r\n" + body + b"\r\n"


STREAMS = st.lists(st.one_of(messages(), messages(), OTHERS), max_size=8).map(b"".join)


async def hear(parser: Parser, heard: Heard, parts: Sequence[bytes]) -> list[tuple[Any, ...]]:
    for part in parts:
        await parser.parse(part)
    return heard.calls


@given(STREAMS, st.lists(st.integers(0, 400), max_size=6), st.sampled_from([0, 30, 1 << 17]))
def test_however_it_arrives_the_same_is_passed_on(
    written: bytes, cuts: list[int], kept_bytes: int
) -> None:
    """Given a stream cut anywhere, when it is read, then all is heard that nats-py hears."""
    places = [0, *sorted(min(cut, len(written)) for cut in cuts), len(written)]
    parts = [written[a:b] for a, b in itertools.pairwise(places)]
    ours, theirs = Heard(), Heard()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nats_client, "MAX_KEPT_BYTES", kept_bytes)
        heard = asyncio.run(hear(MessageParser(ours), ours, parts))
    assert heard == asyncio.run(hear(Parser(theirs), theirs, [written]))


@pytest.mark.parametrize("parser_type", [MessageParser, Parser])
def test_nothing_of_a_lost_connection_is_passed_on(parser_type: type[Parser]) -> None:
    class Lost(Heard):
        async def _process_err(self, error: str) -> None:
            parser.reset()

    heard = Lost()
    parser = parser_type(heard)
    asyncio.run(parser.parse(b"-ERR 'Stale'\r\nMSG a 1 1\r\nx\r\nMSG a 1 1\r\n"))
    assert asyncio.run(hear(parser, heard, [b"MSG b 2 1\r\ny\r\n"])) == [(2, b"b", b"", b"y", None)]


@given(HEADERS, st.sampled_from(["Nats-Msg-Id", "Status", "A", "B c", "", "Grüße", "Msg"]))
def test_headers_are_those_the_client_reads(written: bytes, name: str) -> None:
    expected = Client._parse_header_lines(written)
    assert ReceivedHeaders(written).get(name, "none") == expected.get(name, "none")
    assert (name in ReceivedHeaders(written)) == (name in expected)
    assert dict(ReceivedHeaders(written)) == expected
    if name in expected:
        assert ReceivedHeaders(written)[name] == expected[name]
    else:
        with pytest.raises(KeyError):
            ReceivedHeaders(written)[name]


@given(
    st.sampled_from([b"NATS/1.0\r\n", b"NATS/1.0 100 Idle Heartbeat\r\n", b"NATS/1.0 404\r\n"]),
    LINES,
)
def test_a_block_of_headers_is_read_as_the_client_reads_it(first: bytes, lines: bytes) -> None:
    block = first + lines + b"\r\n"
    ours: Any = asyncio.run(NatsClient()._process_headers(block))
    assert dict(ours or {}) == (asyncio.run(Client()._process_headers(block)) or {})


async def _received(client: NatsClient, is_direct: bool, parts: Sequence[bytes]) -> list[Any]:
    """Return what twelve subscriptions receive, what they report and what the client counts."""
    received, errors = list[Any](), list[str]()

    async def note(message: Msg) -> None:
        told = dict(message.headers or {})
        received.append((message.sid, message.subject, message.reply, message.data, told))
        if not message.data:
            raise ValueError(message.subject)

    async def note_error(error: Exception) -> None:
        errors.append(str(error))

    client._error_cb = note_error
    subscribe = client.subscribe_directly if is_direct else client.subscribe
    subscriptions = [await subscribe(f"a.{place}", cb=note) for place in range(12)]
    for part in parts:
        await client._ps.parse(part)
    for _ in range(30):
        await asyncio.sleep(0)
    counts = [one.delivered for one in subscriptions]
    await subscriptions[0].unsubscribe()
    await client._ps.parse(b"MSG a 1 1\r\nx\r\n")
    for one in subscriptions[1:]:
        await one.unsubscribe()
    return [sorted(received, key=lambda one: one[0]), sorted(errors), counts, client.stats]


@given(st.lists(messages(), max_size=8).map(b"".join), st.lists(st.integers(0, 400), max_size=3))
def test_what_is_received_directly_is_what_a_callback_receives(
    written: bytes, cuts: list[int]
) -> None:
    places = [0, *sorted(min(cut, len(written)) for cut in cuts), len(written)]
    parts = [written[a:b] for a, b in itertools.pairwise(places)]

    async def receive(is_direct: bool) -> list[Any]:
        client = connected()
        try:
            return await _received(client, is_direct, parts)
        finally:
            assert client._flusher_task is not None
            client._flusher_task.cancel()

    assert asyncio.run(receive(is_direct=True)) == asyncio.run(receive(is_direct=False))


async def test_what_is_read_after_a_callback_lost_the_connection_is_nobodys() -> None:
    client, received = connected(), list[bytes]()

    async def lose(message: Msg) -> None:
        received.append(message.data)
        client._ps.reset()

    await client.subscribe_directly("a", cb=lose)
    await client._ps.parse(b"MSG a 1 1\r\nx\r\nMSG a 1 1\r\ny\r\nMSG a 1 ")
    await client._ps.parse(b"MSG a 1 1\r\nz\r\n")
    assert received == [b"x", b"z"]
    assert client._flusher_task is not None
    client._flusher_task.cancel()
