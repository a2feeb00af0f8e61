"""The broker goes and comes back: submitting goes on, and so does the stream, without loss."""

import pytest

from gateway.http.protocols import websocket as websocket_protocol
from tests.integration.gateway.support import RunningGateway, running_gateway, until
from tests.settings import Settings
from tests.support.paused import go_on, stop
from tests.unit.gateway.support import BODY
from tradewind.operations.embedded.servers import Servers


async def test_a_stream_goes_on_after_the_broker_was_killed(
    running: RunningGateway, servers: Servers
) -> None:
    """Given a connected client: after kill -9 and restart it gets every later event, once."""
    broker = servers.processes["nats"]
    async with running.stream() as stream:
        await stream.subscribe("*")
        await running.publish(range(5))
        assert len(await stream.receive_events(5)) == 5
        broker.kill()
        await until(lambda: not running.connection.is_connected)
        broker.restart()
        await until(lambda: running.connection.is_connected)
        await running.publish(range(5, 10))
        events = await stream.receive_events(5)
        assert [frame["streamSequence"] for frame in events] == [6, 7, 8, 9, 10]


async def test_submitting_without_a_broker_is_accepted_at_once(
    running: RunningGateway, servers: Servers
) -> None:
    """Given no broker, then intents are kept: whoever submits is not kept waiting for it."""
    broker = servers.processes["nats"]
    broker.kill()
    try:
        await running.finds_broker("down")
        response = await running.client.post("/intents", json=BODY)
        assert response.status_code == 201
        shown = await running.client.get(response.headers["location"])
        assert shown.json()["state"] == "submitted"
        ready = await running.client.get("/ready")
        assert ready.status_code == 503
    finally:
        broker.restart()
    await running.finds_broker("up")
    assert (await running.client.post("/intents", json=BODY)).status_code == 201
    assert await running.last_sequence() == 1


async def test_a_broker_that_is_silent_holds_up_no_answer(
    running: RunningGateway, servers: Servers
) -> None:
    """Given a connection on which nothing comes back, the answer comes while it is like that."""
    pid = servers.processes["nats"].pid
    stop(pid)
    try:
        response = await running.client.post("/intents", json=BODY, timeout=60)
    finally:
        go_on(pid)
    assert response.status_code == 201
    shown = await running.client.get(response.headers["location"])
    assert shown.json()["state"] == "submitted"


async def test_a_client_that_never_reads_again_is_aborted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a client that was closed and reads nothing: its connection ends all the same."""
    monkeypatch.setattr(websocket_protocol, "LINGER_SECONDS", 0.1)
    async with (
        running_gateway(settings, send_buffer_bytes=4_096) as running,
        running.stream(sock=running.narrow_socket(), close_timeout=0.1) as stream,
    ):
        await stream.subscribe("*")
        stream.connection.transport.pause_reading()
        await running.publish(range(200))
        running.hub.close()
        await until(lambda: not running.hub.client_count)
        await until(lambda: not running.server.server_state.connections)
