"""The broker's answers become transient, permanent or unknown errors."""

import os
import signal

import pytest
from nats.js.api import DiscardPolicy, StreamConfig
from prometheus_client import REGISTRY

from tests.integration.runtime.harness import RuntimeHarness, freeze
from tests.support.runtime_events import TOPIC, following, make_event
from tests.support.waiting import wait_until
from tradewind.contracts.streams import EVENTS_STREAM, FENCE_HEADER
from tradewind.runtime import (
    Publisher,
    PublishRefused,
    PublishTooLarge,
    PublishUnknown,
    declare_streams,
)
from tradewind.runtime.decisions import carrying, decision_of
from tradewind.runtime.publisher import StreamFull


async def test_an_event_published_twice_is_stored_once(harness: RuntimeHarness) -> None:
    event = make_event()
    await harness.publisher.publish(event)
    await harness.publisher.publish_all([event, *following(event), *following(event)])
    state = (await harness.connection.jetstream.stream_info(EVENTS_STREAM)).state
    assert state.messages == 2
    assert await harness.stored(TOPIC) == [event]


async def test_a_decision_of_another_life_of_the_database_is_no_copy(
    harness: RuntimeHarness,
) -> None:
    """Given one the ledger refused, then the one that comes again at once is stored, too."""
    decision = decision_of([make_event()])
    for token in ("first", "first", "second"):
        await harness.publisher.publish_all(carrying(decision, token))
    messages = [await harness.connection.jetstream.get_msg(EVENTS_STREAM, seq) for seq in (1, 2)]
    assert [(one.headers or {})[FENCE_HEADER] for one in messages] == ["first", "second"]
    state = (await harness.connection.jetstream.stream_info(EVENTS_STREAM)).state
    assert state.messages == 2


async def test_an_error_acknowledgement_is_an_error(harness: RuntimeHarness) -> None:
    await harness.connection.jetstream.add_stream(
        StreamConfig(
            name="FULL", subjects=["full"], max_msgs=1, discard=DiscardPolicy.NEW, max_msg_size=100
        )
    )
    await harness.publisher.publish_raw("full", b"first", {})
    with pytest.raises(PublishRefused, match="maximum messages exceeded"):
        await harness.publisher.publish_raw("full", b"second", {})
    with pytest.raises(PublishTooLarge):
        await harness.publisher.publish_raw("full", bytes(200), {})


async def test_a_full_stream_says_so_and_takes_events_once_it_has_room(
    harness: RuntimeHarness,
) -> None:
    """Given no room, then nothing is dropped for what is new; a larger limit holds at once."""
    jetstream, event = harness.connection.jetstream, make_event()
    await harness.publisher.publish(event)
    await declare_streams(harness.connection, events_max_bytes=1_000_000)
    info = await jetstream.stream_info(EVENTS_STREAM)
    await jetstream.update_stream(info.config.evolve(max_bytes=info.state.bytes + 1))
    failures = _failures("STREAM_FULL")
    following_event = following(event)[0]
    with pytest.raises(StreamFull, match="the stream is full"):
        await harness.publisher.publish(following_event)
    assert _failures("STREAM_FULL") == failures + 1
    await declare_streams(harness.connection)
    with pytest.raises(StreamFull):
        await harness.publisher.publish(following_event)
    await declare_streams(harness.connection, events_max_bytes=1_000_000)
    await harness.publisher.publish(following_event)
    state = (await jetstream.stream_info(EVENTS_STREAM)).state
    assert (state.first_seq, state.messages) == (1, 2)


async def test_copies_the_broker_drops_are_counted(harness: RuntimeHarness) -> None:
    name, labels = "tradewind_duplicate_events_total", {"source": "stream"}
    before = REGISTRY.get_sample_value(name, labels) or 0
    event = make_event()
    for _ in range(3):
        await harness.publisher.publish(event)
    assert REGISTRY.get_sample_value(name, labels) == before + 2


def _failures(code: str) -> float:
    return REGISTRY.get_sample_value("tradewind_publish_failures_total", {"code": code}) or 0


async def test_a_subject_without_stream_is_refused(harness: RuntimeHarness) -> None:
    with pytest.raises(PublishRefused, match="no stream"):
        await harness.publisher.publish_raw("nobody.listens", b"", {})


async def test_more_than_the_server_takes_is_refused_before_it_is_sent(
    harness: RuntimeHarness,
) -> None:
    with pytest.raises(PublishTooLarge):
        await harness.publisher.publish_raw("intent.submitted.a.b", bytes(2 * 1024 * 1024), {})


async def test_one_refusal_among_many_is_raised_and_frees_every_slot(
    harness: RuntimeHarness,
) -> None:
    narrow = Publisher(harness.connection, max_in_flight=2)
    for _ in range(3):
        with pytest.raises(PublishRefused):
            await narrow.publish_raw("nobody.listens", b"", {})
    await narrow.publish_all(make_event() for _ in range(20))
    await narrow.close()
    state = (await harness.connection.jetstream.stream_info(EVENTS_STREAM)).state
    assert state.messages == 20


async def test_silence_is_an_unknown_outcome(harness: RuntimeHarness) -> None:
    impatient = Publisher(harness.connection, timeout_seconds=0.05)
    event = make_event()
    await impatient.publish(make_event())
    await wait_until(lambda: impatient._overdue is None, "nobody waits, so nothing is looked at")
    try:
        freeze(harness.server.pid)
        for _ in range(2):  # the second finds that nothing has ticked since the first
            with pytest.raises(PublishUnknown):
                await impatient.publish(event)
    finally:
        os.kill(harness.server.pid, signal.SIGCONT)
    await harness.publisher.publish(event)
    assert len(await harness.stored(TOPIC)) == 2
    await impatient.close()


async def test_closing_leaves_nobody_waiting(harness: RuntimeHarness) -> None:
    publisher = Publisher(harness.connection)
    await publisher.publish(make_event())
    freeze(harness.server.pid)
    try:
        future = await publisher._post("intent.submitted.a.b", b"", {})
        await publisher.close()
        with pytest.raises(PublishUnknown):
            await future
    finally:
        os.kill(harness.server.pid, signal.SIGCONT)
