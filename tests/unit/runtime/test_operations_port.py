"""What monitoring is told, and by which names it may ask."""

import asyncio
import http.client
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tradewind.errors import ConfigurationError
from tradewind.runtime import operations_port as module
from tradewind.runtime.operations_port import (
    AskReadiness,
    Readiness,
    asked_of_loop,
    is_ours,
    operations_port,
)

WAIT_SECONDS = 30


def ready() -> Readiness:
    return Readiness(True, {"status": "ready"})


def get(port: int, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_it_serves_metrics_and_readiness_and_nothing_else() -> None:
    with operations_port(0, "127.0.0.1", ready) as port:
        status, text = get(port, "/metrics")
        assert status == 200
        assert "process_cpu_seconds_total" in text
        assert get(port, "/ready") == (200, '{"status": "ready"}')
        assert get(port, "/intents")[0] == 404


@pytest.mark.parametrize(
    ("ask", "status", "said"),
    [
        (lambda: Readiness(False, {"status": "not_ready"}), 503, "not_ready"),
        (lambda: 1 / 0, 503, "INTERNAL_ERROR"),
    ],
    ids=["not ready", "an error nobody expects"],
)
def test_what_is_not_ready_is_503(ask: Callable[[], Readiness], status: int, said: str) -> None:
    with operations_port(0, "127.0.0.1", ask) as port:
        answer = get(port, "/ready")
    assert answer[0] == status
    assert said in answer[1]


async def test_an_event_loop_that_hangs_is_not_ready_and_still_shows_its_metrics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given a loop that is busy until both questions have been answered from elsewhere."""
    monkeypatch.setattr(module, "LOOP_TIMEOUT_SECONDS", 0.1)

    async def answer() -> Readiness:
        return ready()

    with operations_port(0, "127.0.0.1", asked_of_loop(answer)) as port:
        assert await asyncio.to_thread(get, port, "/ready") == (200, '{"status": "ready"}')
        answers: list[tuple[int, str]] = []

        def ask() -> None:
            answers.extend([get(port, "/ready"), get(port, "/metrics")])

        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(WAIT_SECONDS)
    assert answers[0] == (503, '{"status": "not_ready", "error": "EVENT_LOOP_HANGS"}')
    assert answers[1][0] == 200


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:9100", "10.0.3.17", "[::1]:9100", "[fd00::7]", "localhost:9100"),
        *("gateway:9100", "tradewind-gateway-1"),
    ],
)
def test_an_address_or_a_plain_name_may_ask(host: str) -> None:
    assert is_ours([host])


@pytest.mark.parametrize(
    "hosts",
    [
        *(["evil.example"], ["evil.example:9100"], ["127.0.0.1.evil.example"], [""], [":9100"]),
        *(["127.0.0.1:9100@evil.example"], ["[::1"], ["a b"], ["127.0.0.1", "evil.example"]),
        ["localhost", "localhost"],
    ],
)
def test_a_page_that_leads_its_domain_here_may_not_ask(hosts: list[str]) -> None:
    assert not is_ours(hosts)


def test_another_host_is_told_nothing() -> None:
    with operations_port(0, "127.0.0.1", ready) as port:
        for path in ("/metrics", "/ready"):
            status, text = get(port, path, Host="evil.example")
            assert status == 421
            assert "tradewind" not in text


def test_connections_that_say_nothing_end_and_leave_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTION_SECONDS", 0.5)
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 2)
    with operations_port(0, "127.0.0.1", ready) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
        for one in silent:
            one.settimeout(WAIT_SECONDS)
            one.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        refused = socket.create_connection(("127.0.0.1", port))
        refused.settimeout(WAIT_SECONDS)
        assert refused.recv(1) == b""
        for one in (*silent, refused):
            assert one.recv(65_536) == b""
            one.close()
        assert _eventually(lambda: get(port, "/ready"))[0] == 200


def _eventually(ask: Callable[[], tuple[int, str]]) -> tuple[int, str]:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return ask()
        except (OSError, http.client.HTTPException):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_a_port_that_is_taken_names_its_settings() -> None:
    with (
        operations_port(0, "127.0.0.1", ready) as port,
        pytest.raises(ConfigurationError, match="TRADEWIND_METRICS_PORT: cannot listen"),
        operations_port(port, "127.0.0.1", _never()),
    ):
        pass


def _never() -> AskReadiness:
    return ready


def test_it_sleeps_until_it_is_asked_and_ends_when_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever waits for a question wakes at it or at the end, and never to look at a clock."""
    rests: list[float | None] = []
    select = selectors.PollSelector.select

    def counted(self: selectors.PollSelector, timeout: float | None = None) -> Any:
        rests.append(timeout)
        return select(self, timeout)

    monkeypatch.setattr(selectors.PollSelector, "select", counted)
    with operations_port(0, "127.0.0.1", ready) as port:
        get(port, "/ready")
        (serving,) = (one for one in threading.enumerate() if one.name == "operations")
    serving.join(WAIT_SECONDS)
    assert not serving.is_alive()
    assert set(rests) == {None}
