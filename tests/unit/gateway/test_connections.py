"""Who has to go when there is no room for another connection."""

import json
import resource

import pytest

from gateway.http.descriptors import affordable_connections
from gateway.http.protocols.connections import Connections, group_of
from tests.support.waiting import wait_until
from tests.unit.gateway.recorded_answers import RECORDED, comparable
from tests.unit.gateway.served import served

GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
FAR = "192.0.2.1"
NEAR = "127.0.0.1"


class Client:
    """A connection that notes that it was cut off."""

    is_cut_off = False

    def cut_off(self, reason: str) -> None:
        assert reason == "crowded_out"
        self.is_cut_off = True


def test_whoever_has_waited_longest_makes_room() -> None:
    connections = Connections(3, 3)
    first, second, _, fourth = clients = [Client() for _ in range(4)]
    for client in clients[:3]:
        assert connections.admit(client, NEAR)
    connections.works(first)
    connections.works(second)
    connections.waits(second)
    assert connections.admit(fourth, NEAR)
    assert [client.is_cut_off for client in clients] == [False, False, True, False]
    assert len(connections) == 3


def test_who_is_served_stays() -> None:
    connections = Connections(2, 2)
    for client in (Client(), Client()):
        assert connections.admit(client, NEAR)
        connections.works(client)
    refused = Client()
    assert not connections.admit(refused, NEAR)
    connections.leave(refused)
    assert len(connections) == 2


def test_an_address_makes_room_for_itself_only() -> None:
    connections = Connections(100, 2)
    far, other, busy = Client(), Client(), Client()
    assert connections.admit(other, "192.0.2.2")
    assert connections.admit(far, FAR)
    assert connections.admit(busy, FAR)
    connections.works(busy)
    assert connections.admit(Client(), FAR)
    assert (far.is_cut_off, other.is_cut_off, busy.is_cut_off) == (True, False, False)


def test_this_machine_has_the_limit_of_all() -> None:
    connections = Connections(100, 2)
    clients = [Client() for _ in range(50)]
    assert all(connections.admit(client, NEAR) for client in clients)
    assert not any(client.is_cut_off for client in clients)


def test_a_place_is_handed_over_and_given_back() -> None:
    connections = Connections(1, 1)
    first, stream = Client(), Client()
    assert connections.admit(first, FAR)
    connections.hand_over(first, stream)
    assert not connections.admit(Client(), FAR)
    connections.leave(first)
    connections.leave(stream)
    connections.leave(stream)
    assert connections.admit(Client(), FAR)


@pytest.mark.parametrize(
    ("address", "group"),
    [
        (None, None),
        ("127.0.0.9", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_addresses_of_one_client(address: str | None, group: str | None) -> None:
    assert group_of(address) == group


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "affordable"),
    [
        (1_024, 524_288, 4_160, 4_096),
        (1_024, resource.RLIM_INFINITY, 4_160, 4_096),
        (1_024, 2_048, 2_048, 1_984),
        (1_024, 1_024, 1_024, 960),
        (65_536, 524_288, None, 4_096),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None, 4_096),
    ],
)
def test_there_are_no_more_connections_than_descriptors(
    soft: int, hard: int, raised: int | None, affordable: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    assert affordable_connections(4_096) == affordable
    assert limits == ([] if raised is None else [(raised, hard)])


async def test_idle_connections_make_room_for_one_that_asks() -> None:
    async with served(limit=2) as gateway, gateway.connected() as idle, gateway.connected():
        await wait_until(lambda: len(gateway.connections) == 2)
        [answer] = await gateway.ask(GET + b"Connection: close\r\n\r\n")
        assert answer.status == 200
        assert await idle.answers() == []


async def test_without_room_a_connection_is_told_so() -> None:
    async with served(limit=1) as gateway, gateway.connected() as busy:
        await busy.send(
            b"GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await busy.read_until(b"\r\n\r\n")
        [answer] = await gateway.ask(b"")
    headers = dict(answer.headers)
    assert headers.pop("connection") == "close"
    headers["x-request-id"] = "request-1"
    assert json.loads(answer.body)["request_id"] == ""
    assert comparable(answer.status, headers, answer.body) == RECORDED["too many connections"]
