"""What the client does itself, beside nats-py, which is right by definition."""

import asyncio
import itertools
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.transport import TcpTransport
from nats.errors import ConnectionDrainingError, FlushTimeoutError
from nats.js.api import Header
from nats.protocol.parser import Parser

from tradewind.runtime import nats_client
from tradewind.runtime.nats_client import MessageParser, NatsClient, ReceivedHeaders

BODIES = st.one_of(
    st.binary(max_size=40), st.sampled_from([b"\r\n", b"PING\r\n", b"MSG a 1 2\r\n"])
)
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


def connected() -> NatsClient:
    client = NatsClient()
    client._status = Client.CONNECTED
    client._flush_queue = asyncio.Queue()
    client._flusher_task = asyncio.get_running_loop().create_task(asyncio.Event().wait())
    return client


@pytest.mark.parametrize("payload", [b"+ACK", b"\xff", bytearray(b"+ACK"), memoryview(b"+ACK")])
@pytest.mark.parametrize("status", [Client.CONNECTED, Client.DRAINING_SUBS])
async def test_what_is_said_to_many_is_what_each_is_told(payload: bytes, status: int) -> None:
    """Given a client that sends, then it is one piece, and the same as a command for each."""
    together, one_by_one = connected(), connected()
    together._status = one_by_one._status = status
    subjects = [f"$JS.ACK.EVENTS.ledger.1.{place}.1.1.0" for place in range(5)]
    await together.publish_to_all(subjects, payload)
    for subject in subjects:
        await one_by_one.publish(subject, payload)
    assert (len(together._pending), len(one_by_one._pending)) == (1, len(subjects))
    assert b"".join(together._pending) == b"".join(one_by_one._pending)
    assert together._pending_data_size == one_by_one._pending_data_size
    assert together.stats == one_by_one.stats
    ended(together)
    ended(one_by_one)


class Unsent(asyncio.Transport):
    """Takes what is written, and sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.unsent_bytes = 0
        self.is_lost = False

    def write(self, data: Any) -> None:
        self.written.append(data)

    def get_write_buffer_size(self) -> int:
        return self.unsent_bytes

    def is_closing(self) -> bool:
        return self.is_lost


def ended(client: NatsClient) -> None:
    assert client._flusher_task is not None
    client._flusher_task.cancel()


def with_transport(client: NatsClient) -> Unsent:
    transport: Any = TcpTransport()  # type: ignore[no-untyped-call]
    unsent = Unsent()
    transport._io_writer = SimpleNamespace(
        transport=unsent, writelines=unsent.writelines, drain=partial(asyncio.sleep, 0)
    )
    client._transport = transport
    return unsent


WORDS = st.sampled_from(
    ["a", "risk.approved.a.b", "$JS.ACK.E.l.1", Header.STATUS, "", "a b", "a\r\n", "Grüße"]
)
PAYLOADS = st.one_of(
    BODIES,
    BODIES.map(bytearray),
    BODIES.map(lambda body: memoryview(body)),
    st.just(bytes(1_000)),
    st.just("text"),
)
NAMES = st.sampled_from(
    ["Nats-Msg-Id", Header.MSG_ID, Header.ROLLUP, "a b", "", " A", "ü", b"bytes", 7]
)
VALUES = st.sampled_from(
    [
        *("01J5S3Y4PEJHBJ5A7FYHBXQRFG", "00-ab-cd-00", "", " a", "a\r\nPUB b", "ü"),
        *(Header.STATUS, b"bytes", 7, None),
    ]
)
"""nats-py's own names are members of an enum, which are formatted as something else."""
GIVEN_HEADERS = st.one_of(
    st.none(),
    st.dictionaries(st.sampled_from([Header.MSG_ID, Header.ROLLUP]), st.just("sub"), min_size=1),
    st.dictionaries(NAMES, VALUES),
)
STATUSES = st.sampled_from(
    [
        *(Client.CONNECTED, Client.RECONNECTING, Client.CLOSED),
        *(Client.DRAINING_SUBS, Client.DRAINING_PUBS),
    ]
)


@given(WORDS, PAYLOADS, st.one_of(st.just(""), WORDS), GIVEN_HEADERS, STATUSES)
@example("a", b"", "", {Header.MSG_ID: "01J5S3Y4", Header.ROLLUP: "sub"}, Client.CONNECTED)
@example("a", b"", "", {"A": Header.STATUS}, Client.CONNECTED)
@example("a", b"", "", {"A": 7}, Client.CONNECTED)
@example("a", "text", "", None, Client.CONNECTED)
def test_what_is_published_is_what_the_client_publishes(
    subject: str, payload: Any, reply: str, headers: dict[Any, Any] | None, status: int
) -> None:
    """Given a message of any kind, then the same is sent, counted and refused as by nats-py."""

    async def published(publish: Any) -> tuple[bytes, str, object]:
        client = connected()
        client._max_payload = 900
        unsent, refused = with_transport(client), ""
        client._status = status
        try:
            await publish(client, subject, payload, reply, headers)
        except Exception as error:
            refused = repr(error)
        finally:
            ended(client)
        return b"".join([*unsent.written, *client._pending]), refused, client.stats

    ours = asyncio.run(published(NatsClient.publish))
    assert ours == asyncio.run(published(Client.publish))


async def test_what_is_said_in_a_turn_of_the_loop_is_written_once_and_in_order() -> None:
    client = connected()
    unsent = with_transport(client)
    await client.publish("a", b"1", headers={"A": "b"})
    await client.publish("ä", b"2")
    await client.publish_to_all(["b", "c"], b"3")
    assert unsent.written == []
    await asyncio.sleep(0)
    first = "HPUB a  18 19\r\nNATS/1.0\r\nA: b\r\n\r\n1\r\nPUB ä  1\r\n2\r\n"
    assert unsent.written == [f"{first}PUB b  1\r\n3\r\nPUB c  1\r\n3\r\n".encode()]
    assert (client._pending, client._pending_data_size) == ([], 0)
    ended(client)


async def test_what_a_server_does_not_read_waits_within_the_clients_limit() -> None:
    """Given a server that reads again, then its task, which waits for that, has been told once."""
    client = connected()
    unsent = with_transport(client)
    unsent.unsent_bytes = nats_client.MAX_UNSENT_BYTES
    for _ in range(3):
        await client.publish("a", b"1")
        await asyncio.sleep(0)
    assert (unsent.written, b"".join(client._pending)) == ([], b"PUB a  1\r\n1\r\n" * 3)
    assert client._flush_queue is not None
    assert client._flush_queue.qsize() == 1
    client._max_pending_size, client._flush_timeout = nats_client.MAX_UNSENT_BYTES, 0
    told = list[Exception]()

    async def note(error: Exception) -> None:
        told.append(error)

    client._error_cb = note
    await client.publish("a", bytes(nats_client.MAX_UNSENT_BYTES))
    await client.publish("a", b"too much")
    assert [type(error) for error in told] == [FlushTimeoutError]
    ended(client)


@pytest.mark.parametrize("is_closing", [True, False], ids=["not noticed yet", "noticed"])
async def test_what_a_lost_connection_cannot_take_waits_for_the_next(is_closing: bool) -> None:
    client = connected()
    unsent = with_transport(client)
    await client.publish("a", b"1")
    unsent.is_lost = is_closing
    client._status = Client.CONNECTED if is_closing else Client.RECONNECTING
    await asyncio.sleep(0)
    assert (unsent.written, b"".join(client._pending)) == ([], b"PUB a  1\r\n1\r\n")
    client._status, unsent.is_lost = Client.CONNECTED, False
    await client._flush_pending()
    await asyncio.sleep(0)
    assert unsent.written == [b"PUB a  1\r\n1\r\n"]
    ended(client)


async def test_a_client_whose_task_ended_writes_as_ever() -> None:
    """Given a server that does not read, and nobody who waits for it."""
    client = connected()
    unsent = with_transport(client)
    unsent.unsent_bytes = nats_client.MAX_UNSENT_BYTES
    ended(client)
    await asyncio.sleep(0)
    await client.publish("a", b"1")
    await client.publish_to_all(["b"], b"2")
    await client._send_command(b"PONG\r\n")
    await client._flush_pending()
    assert b"".join(unsent.written) == b"PUB a  1\r\n1\r\nPUB b  1\r\n2\r\nPONG\r\n"
    assert client._pending == []


async def test_what_nats_py_would_not_send_spoils_nothing() -> None:
    client = connected()
    unsent, text = with_transport(client), "text"
    with pytest.raises(TypeError):
        await client.publish("a", text)  # type: ignore[arg-type]
    await client.publish("a", b"1")
    await asyncio.sleep(0)
    assert unsent.written == [b"PUB a  1\r\n1\r\n"]
    assert client.stats["out_msgs"] == 1
    ended(client)


async def test_a_client_that_ends_refuses_as_ever() -> None:
    client = connected()
    client._status = Client.DRAINING_PUBS
    with pytest.raises(ConnectionDrainingError):
        await client.publish_to_all(["a"], b"")


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
