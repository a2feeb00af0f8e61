"""The broker's answers become errors that say what to do."""

import os
import signal

import pytest
from nats.js.api import DiscardPolicy, StreamConfig
from prometheus_client import REGISTRY

from tests.integration.runtime.support import Desk, freeze
from tests.unit.runtime.events import TOPIC, following, make_event
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.runtime import (
    Publisher,
    PublishRefused,
    PublishTooLarge,
    PublishUnknown,
    declare_streams,
)
from tradewind.runtime.publisher import StreamFull


async def test_an_event_published_twice_is_stored_once(desk: Desk) -> None:
    event = make_event()
    await desk.publisher.publish(event)
    await desk.publisher.publish_all([event, *following(event), *following(event)])
    state = (await desk.connection.jetstream.stream_info(EVENTS_STREAM)).state
    assert state.messages == 2
    assert await desk.stored(TOPIC) == [event]


async def test_an_error_acknowledgement_is_an_error(desk: Desk) -> None:
    await desk.connection.jetstream.add_stream(
        StreamConfig(
            name="FULL", subjects=["full"], max_msgs=1, discard=DiscardPolicy.NEW, max_msg_size=100
        )
    )
    await desk.publisher.publish_raw("full", b"first", {})
    with pytest.raises(PublishRefused, match="maximum messages exceeded"):
        await desk.publisher.publish_raw("full", b"second", {})
    with pytest.raises(PublishTooLarge):
        await desk.publisher.publish_raw("full", bytes(200), {})


async def test_a_full_stream_says_so_and_takes_events_once_it_has_room(desk: Desk) -> None:
    """Given no room, then nothing is dropped for what is new; a larger limit holds at once."""
    jetstream, event = desk.connection.jetstream, make_event()
    await desk.publisher.publish(event)
    await declare_streams(desk.connection, events_max_bytes=1_000_000)
    info = await jetstream.stream_info(EVENTS_STREAM)
    await jetstream.update_stream(info.config.evolve(max_bytes=info.state.bytes + 1))
    failures = _failures("STREAM_FULL")
    following_event = following(event)[0]
    with pytest.raises(StreamFull, match="the stream is full"):
        await desk.publisher.publish(following_event)
    assert _failures("STREAM_FULL") == failures + 1
    await declare_streams(desk.connection)
    with pytest.raises(StreamFull):
        await desk.publisher.publish(following_event)
    await declare_streams(desk.connection, events_max_bytes=1_000_000)
    await desk.publisher.publish(following_event)
    state = (await jetstream.stream_info(EVENTS_STREAM)).state
    assert (state.first_seq, state.messages) == (1, 2)


async def test_copies_the_broker_drops_are_counted(desk: Desk) -> None:
    name, labels = "tradewind_duplicate_events_total", {"source": "stream"}
    before = REGISTRY.get_sample_value(name, labels) or 0
    event = make_event()
    for _ in range(3):
        await desk.publisher.publish(event)
    assert REGISTRY.get_sample_value(name, labels) == before + 2


def _failures(code: str) -> float:
    return REGISTRY.get_sample_value("tradewind_publish_failures_total", {"code": code}) or 0


async def test_a_subject_without_stream_is_refused(desk: Desk) -> None:
    with pytest.raises(PublishRefused, match="no stream"):
        await desk.publisher.publish_raw("nobody.listens", b"", {})


async def test_more_than_the_server_takes_is_refused_before_it_is_sent(desk: Desk) -> None:
    with pytest.raises(PublishTooLarge):
        await desk.publisher.publish_raw("intent.submitted.a.b", bytes(2 * 1024 * 1024), {})


async def test_one_refusal_among_many_is_raised_and_frees_every_slot(desk: Desk) -> None:
    narrow = Publisher(desk.connection, max_in_flight=2)
    for _ in range(3):
        with pytest.raises(PublishRefused):
            await narrow.publish_raw("nobody.listens", b"", {})
    await narrow.publish_all(make_event() for _ in range(20))
    await narrow.close()
    state = (await desk.connection.jetstream.stream_info(EVENTS_STREAM)).state
    assert state.messages == 20


async def test_silence_is_an_unknown_outcome(desk: Desk) -> None:
    impatient = Publisher(desk.connection, timeout_seconds=0.05)
    event = make_event()
    await impatient.publish(make_event())
    try:
        freeze(desk.server.pid)
        with pytest.raises(PublishUnknown):
            await impatient.publish(event)
    finally:
        os.kill(desk.server.pid, signal.SIGCONT)
    await desk.publisher.publish(event)
    assert len(await desk.stored(TOPIC)) == 2
    await impatient.close()


async def test_closing_leaves_nobody_waiting(desk: Desk) -> None:
    publisher = Publisher(desk.connection)
    await publisher.publish(make_event())
    freeze(desk.server.pid)
    try:
        future = await publisher._post("intent.submitted.a.b", b"", {})
        await publisher.close()
        with pytest.raises(PublishUnknown):
            await future
    finally:
        os.kill(desk.server.pid, signal.SIGCONT)
