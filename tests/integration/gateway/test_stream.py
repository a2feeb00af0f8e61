"""The WebSocket on the real stream: fan-out, resume, gaps, slow clients, limits."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from nats.js.api import StreamConfig
from prometheus_client import REGISTRY
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from gateway.http import server
from gateway.stream import tail
from gateway.stream.limits import MAX_MESSAGE_BYTES
from tests.integration.gateway.support import RunningGateway, StreamSocket, running_gateway, until
from tests.settings import Settings
from tests.unit.gateway.support import BODY
from tradewind.contracts.streams import EVENTS_STREAM

STREAM_RESTARTS = "tradewind_stream_tail_restarts_total"


async def test_a_submitted_intent_arrives_as_envelope_with_sequence(
    running: RunningGateway,
) -> None:
    async with running.stream() as stream:
        subscribed = await stream.subscribe("intent.*", "exec.*")
        assert (subscribed["type"], subscribed["sequence"]) == ("subscribed", 0)
        response = await running.client.post("/intents", json=BODY)
        [frame] = await stream.receive_events(1)
    assert frame.pop("streamSequence") == 1
    assert frame["payload"]["intentId"] == response.json()["intent_id"]
    stored = await running.connection.jetstream.get_msg(EVENTS_STREAM, 1)
    assert stored.data is not None
    assert frame == json.loads(stored.data)


@pytest.fixture
async def crowded(settings: Settings) -> AsyncIterator[RunningGateway]:
    """Return a gateway that admits any number of clients of one address."""
    open_to_all = settings.model_copy(update={"stream_clients_per_address": 0})
    async with running_gateway(open_to_all) as gateway:
        yield gateway


async def test_a_hundred_clients_get_every_event_once_in_order(crowded: RunningGateway) -> None:
    async def listen(stream: StreamSocket) -> list[int]:
        return [frame["streamSequence"] for frame in await stream.receive_events(30)]

    async with asyncio.TaskGroup() as group:
        started = asyncio.Barrier(101)

        async def client() -> list[int]:
            async with crowded.stream() as stream:
                await stream.subscribe("*")
                await started.wait()
                return await listen(stream)

        clients = [group.create_task(client()) for _ in range(100)]
        await started.wait()
        await crowded.publish(range(30))
    assert all(task.result() == list(range(1, 31)) for task in clients)


async def test_reconnecting_again_and_again_gets_everything_exactly_once(
    running: RunningGateway,
) -> None:
    """Given a producer that never pauses: a client that reconnects every 7 events misses none."""
    total = 300

    async def produce() -> None:
        for start in range(0, total, 20):
            await running.publish(range(start, start + 20))
            await asyncio.sleep(0.01)

    producing = asyncio.ensure_future(produce())
    seen: list[int] = []
    while len(seen) < total:
        async with running.stream() as stream:
            await stream.subscribe("*", resumeFrom=seen[-1] if seen else 0)
            events = await stream.receive_events(min(7, total - len(seen)))
            seen += [frame["streamSequence"] for frame in events]
    await producing
    assert seen == list(range(1, total + 1))


async def test_resuming_reads_what_is_not_in_memory_from_the_stream(
    settings: Settings, running: RunningGateway
) -> None:
    """Given a gateway started after the events: its memory is empty, the stream is not."""
    await running.publish(range(200))
    async with running_gateway(settings) as younger, younger.stream() as stream:
        await stream.subscribe("intent.*", resumeFrom=50)
        events = await stream.receive_events(150)
        assert [frame["streamSequence"] for frame in events] == list(range(51, 201))
        consumers = await running.connection.jetstream.consumers_info(EVENTS_STREAM)
        assert sum(one.name.startswith("replay-") for one in consumers) == 1
        assert (await stream.receive()).items() >= {"type": "live", "sequence": 200}.items()
        await younger.publish([1_000])
        assert (await stream.receive_events(1))[0]["streamSequence"] == 201


async def test_expired_events_are_a_gap(settings: Settings, running: RunningGateway) -> None:
    jetstream = running.connection.jetstream
    await running.publish(range(10))
    config = (await jetstream.stream_info(EVENTS_STREAM)).config
    await jetstream.delete_stream(EVENTS_STREAM)
    config.first_seq = 11
    await jetstream.add_stream(config)
    await running.publish(range(20, 25))
    async with running_gateway(settings) as younger, younger.stream() as stream:
        await stream.subscribe("*", resumeFrom=4)
        gap = {"type": "gap", "from": 5, "to": 10, "reason": "expired"}
        assert (await stream.receive()).items() >= gap.items()
        events = await stream.receive_events(5)
    assert [frame["streamSequence"] for frame in events] == [11, 12, 13, 14, 15]


async def test_a_stream_made_anew_is_a_gap_and_then_followed(running: RunningGateway) -> None:
    """Given the store is lost: clients are told, and get what is stored from then on."""
    jetstream = running.connection.jetstream
    async with running.stream() as stream:
        subscribed = await stream.subscribe("*")
        await running.publish(range(3))
        await stream.receive_events(3)
        config = (await jetstream.stream_info(EVENTS_STREAM)).config
        await jetstream.delete_stream(EVENTS_STREAM)
        await jetstream.add_stream(StreamConfig(**vars(config)))
        await running.publish([10])
        gap = await stream.receive()
        assert (gap["type"], gap["reason"], gap["sequence"]) == ("gap", "stream_reset", 0)
        assert gap["stream"] != subscribed["stream"]
        assert (await stream.receive_events(1))[0]["streamSequence"] == 1


async def test_a_cursor_from_before_the_stream_began_again_loses_nothing(
    running: RunningGateway,
) -> None:
    """Given a client that was away when the stream was deleted and declared again."""
    jetstream = running.connection.jetstream
    async with running.stream() as stream:
        old = await stream.subscribe("*")
        await running.publish(range(3))
        await stream.receive_events(3)
    config = (await jetstream.stream_info(EVENTS_STREAM)).config
    await jetstream.delete_stream(EVENTS_STREAM)
    await jetstream.add_stream(StreamConfig(**vars(config)))
    await running.publish(range(10, 15))
    await until(lambda: running.hub.identity != old["stream"])
    async with running.stream() as stream:
        cursor = {"stream": old["stream"], "sequence": 3}
        subscribed = await stream.subscribe("*", resumeFrom=cursor)
        gap = await stream.receive()
        assert (gap["type"], gap["reason"], gap["to"]) == ("gap", "stream_reset", 3)
        assert gap["stream"] == subscribed["stream"] == running.hub.identity
        events = await stream.receive_events(5)
        assert [frame["streamSequence"] for frame in events] == [1, 2, 3, 4, 5]


async def test_garbage_in_the_stream_reaches_no_client(running: RunningGateway) -> None:
    async with running.stream() as stream:
        await stream.subscribe("*")
        for subject in ("intent.submitted.a.b", "exec.nonsense.a.b", "system.x"):
            await running.connection.jetstream.publish(subject, b"\xff garbage")
        await running.publish([1])
        assert (await stream.receive_events(1))[0]["streamSequence"] == 4


async def test_a_stored_message_that_looks_like_a_status_stops_nobody(
    settings: Settings, running: RunningGateway
) -> None:
    """Given what anybody who may publish can store: who is there and who resumes read past it."""
    restarts = REGISTRY.get_sample_value(STREAM_RESTARTS)
    assert restarts is not None
    async with running.stream() as stream:
        await stream.subscribe("*")
        await running.publish([1])
        for body in (b"", b"\xff garbage"):
            for headers in ({"Status": "404"}, {"Status": "100", "Nats-Last-Consumer": "9"}):
                await running.connection.jetstream.publish("system.x", body, headers=headers)
        await running.publish([2])
        seen = [frame["streamSequence"] for frame in await stream.receive_events(2)]
        assert seen == [1, 6]
    assert REGISTRY.get_sample_value(STREAM_RESTARTS) == restarts
    async with running_gateway(settings) as younger, younger.stream() as stream:
        await stream.subscribe("*", resumeFrom=0)
        seen = [frame["streamSequence"] for frame in await stream.receive_events(2)]
        assert seen == [1, 6]


@pytest.fixture
async def narrow(settings: Settings) -> AsyncIterator[RunningGateway]:
    """Return a gateway whose connections hold little, so that a slow client shows early."""
    async with running_gateway(settings, send_buffer_bytes=4_096) as gateway:
        yield gateway


async def test_a_client_that_does_not_read_is_closed_where_it_can_resume(
    narrow: RunningGateway,
) -> None:
    """Given a client with full buffers: it is closed, resumes at the reason, and misses nothing."""
    total = 2_000
    async with narrow.stream(sock=narrow.narrow_socket()) as stream:
        await stream.subscribe("*")
        stream.connection.transport.pause_reading()
        await narrow.publish(range(total))
        await until(lambda: not narrow.hub.client_count)
        stream.connection.transport.resume_reading()
        code, reason = await stream.receive_close()
    assert code == 4008
    resume_from = int(reason.removeprefix("too slow; resumeFrom="))
    assert 0 < resume_from < total
    async with narrow.stream() as stream:
        await stream.subscribe("*", resumeFrom=resume_from)
        events = await stream.receive_events(total - resume_from)
    assert [frame["streamSequence"] for frame in events] == list(range(resume_from + 1, total + 1))


async def test_a_message_over_the_limit_ends_the_connection(running: RunningGateway) -> None:
    async with running.stream() as stream:
        await stream.connection.send("x" * (MAX_MESSAGE_BYTES + 1))
        assert (await stream.receive_close())[0] == 1009


async def test_garbage_is_answered_and_then_ends_the_connection(running: RunningGateway) -> None:
    async with running.stream() as stream:
        for _ in range(5):
            await stream.connection.send("{")
            assert (await stream.receive())["code"] == "MALFORMED_JSON"
        assert (await stream.receive_close())[0] == 4000


async def test_invalid_utf8_ends_the_connection(running: RunningGateway) -> None:
    async with running.stream() as stream:
        await stream.connection.send(b"\xff\xfe", text=True)
        assert (await stream.receive_close())[0] == 1007


async def test_allowed_topics_come_from_the_settings(settings: Settings) -> None:
    restricted = settings.model_copy(update={"ws_allowed_topics": "exec.*"})
    async with running_gateway(restricted) as running, running.stream() as stream:
        assert (await stream.subscribe("intent.*"))["code"] == "TOPIC_NOT_ALLOWED"
        assert (await stream.subscribe("exec.completed"))["type"] == "subscribed"


@pytest.mark.parametrize(
    ("origin", "accepted"), [("{url}", True), ("https://evil.example", False), (None, True)]
)
async def test_pages_of_other_sites_may_not_listen(
    running: RunningGateway, origin: str | None, accepted: bool
) -> None:
    origin = origin.format(url=running.url) if origin else None
    if accepted:
        async with running.stream(origin=origin) as stream:
            assert (await stream.subscribe("*"))["type"] == "subscribed"
        return
    with pytest.raises(InvalidStatus) as caught:
        async with running.stream(origin=origin):
            pass
    response = caught.value.response
    assert response.status_code == 403
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(response.body)["code"] == "ORIGIN_NOT_ALLOWED"


async def test_a_websocket_of_another_path_is_a_404(running: RunningGateway) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(f"{running.url.replace('http', 'ws')}/streams"):
            pass
    assert caught.value.response.status_code == 404
    assert json.loads(caught.value.response.body)["code"] == "NOT_FOUND"


async def test_a_quiet_connection_gets_heartbeats(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "CLIENT_HEARTBEAT_SECONDS", 0.02)
    async with running_gateway(settings) as running, running.stream() as stream:
        await stream.subscribe("*")
        assert await stream.receive() == {"type": "heartbeat", "sequence": 0}


async def test_a_client_that_answers_no_ping_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PING_INTERVAL_SECONDS", 0.05)
    monkeypatch.setattr(server, "PING_TIMEOUT_SECONDS", 0.05)
    async with running_gateway(settings) as running, running.stream(close_timeout=0.1) as stream:
        await stream.subscribe("*")
        stream.connection.transport.pause_reading()
        await until(lambda: not running.hub.client_count)


async def test_one_client_too_many_is_refused(
    running: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.stream.hub.MAX_CLIENTS", 1)
    async with running.stream():
        await until(lambda: running.hub.client_count)
        with pytest.raises(InvalidStatus) as caught:
            async with running.stream():
                pass
    assert caught.value.response.status_code == 503
    assert json.loads(caught.value.response.body)["code"] == "TOO_MANY_CLIENTS"
