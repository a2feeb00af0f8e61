"""What our client publishes, held against nats-py, and when it is written."""

import asyncio
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.transport import TcpTransport
from nats.errors import ConnectionDrainingError, FlushTimeoutError
from nats.js.api import Header

from tests.unit.runtime.connected_client import BODIES, connected
from tradewind.runtime import nats_client
from tradewind.runtime.nats_client import NatsClient


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
