"""Streams and consumers are as declared, or the start fails with the reason."""

from dataclasses import replace

import pytest
from nats.js.api import ConsumerInfo, DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from tests.integration.runtime.harness import (
    ACK_WAIT_MS,
    DURABLE,
    QUEUE,
    RuntimeHarness,
    answer,
    declare,
    running,
)
from tests.support.runtime_events import TOPIC
from tradewind.contracts.ordering import PARTITIONS, Order, consumers_of
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM, POOL_SNAPSHOTS_BUCKET
from tradewind.runtime import NatsConnection, declare_streams
from tradewind.runtime import resize as resizing
from tradewind.runtime.consumers import ConsumerDrift, ConsumerSpec, declare_consumer
from tradewind.runtime.resize import NEW_ACK_WAIT_MS, begin_ordered
from tradewind.runtime.streams import (
    RETENTION_SECONDS,
    StreamDrift,
    StreamTooLarge,
    stream_configurations,
)
from tradewind.settings import EVENTS_MAX_BYTES


async def test_money_streams_drop_nothing_and_let_nobody_delete(harness: RuntimeHarness) -> None:
    for name in (EVENTS_STREAM, DEAD_LETTERS_STREAM):
        config = (await harness.connection.jetstream.stream_info(name)).config
        assert config.storage == StorageType.FILE
        assert config.discard == DiscardPolicy.NEW
        assert config.deny_delete
        assert config.deny_purge
        assert config.duplicate_window == 120
    events = (await harness.connection.jetstream.stream_info(EVENTS_STREAM)).config
    assert events.max_age == RETENTION_SECONDS


async def test_buckets_keep_one_value_per_key(harness: RuntimeHarness) -> None:
    store = await harness.connection.jetstream.key_value(POOL_SNAPSHOTS_BUCKET)
    await store.put("a.b", b"1")
    await store.put("a.b", b"2")
    entry = await store.get("a.b")
    assert entry.value == b"2"
    assert (await store.status()).history == 1


async def test_declaring_again_changes_nothing(harness: RuntimeHarness) -> None:
    before = await harness.connection.jetstream.stream_info(EVENTS_STREAM)
    await declare_streams(harness.connection)
    after = await harness.connection.jetstream.stream_info(EVENTS_STREAM)
    assert after.config == before.config


async def test_drift_that_can_be_updated_is(harness: RuntimeHarness) -> None:
    (events, *_) = stream_configurations()
    await harness.connection.jetstream.update_stream(replace(events, max_age=3_600))
    await declare_streams(harness.connection)
    config = (await harness.connection.jetstream.stream_info(EVENTS_STREAM)).config
    assert config.max_age == RETENTION_SECONDS


async def test_the_limit_of_the_stream_of_events_is_its_owners(harness: RuntimeHarness) -> None:
    """A declaration without a limit, as of every role, keeps the present limit."""

    async def limit() -> int | None:
        return (await harness.connection.jetstream.stream_info(EVENTS_STREAM)).config.max_bytes

    assert await limit() == EVENTS_MAX_BYTES
    await declare_streams(harness.connection, events_max_bytes=2_000_000)
    await declare_streams(harness.connection)
    assert await limit() == 2_000_000


async def test_more_than_the_broker_has_room_for_is_an_error(harness: RuntimeHarness) -> None:
    """The broker reserves the size at once, so that the stream never fails on a full disk."""
    with pytest.raises(StreamTooLarge, match="TRADEWIND_EVENTS_MAX_BYTES"):
        await declare_streams(harness.connection, events_max_bytes=10**15)
    await harness.connection.jetstream.delete_stream(EVENTS_STREAM)
    with pytest.raises(StreamTooLarge, match="TRADEWIND_EVENTS_MAX_BYTES"):
        await declare_streams(harness.connection, events_max_bytes=10**15)


async def test_drift_that_cannot_be_updated_is_an_error(harness: RuntimeHarness) -> None:
    jetstream = harness.connection.jetstream
    await jetstream.delete_stream(EVENTS_STREAM)
    wrong = StreamConfig(name=EVENTS_STREAM, subjects=["intent.>"], storage=StorageType.MEMORY)
    await jetstream.add_stream(wrong)
    with pytest.raises(StreamDrift, match=r"stream EVENTS: .*storage"):
        await declare_streams(harness.connection)


async def test_a_consumer_follows_its_actors(harness: RuntimeHarness) -> None:
    old = ConsumerSpec(EVENTS_STREAM, DURABLE, 60_000, ("plan.created.>", "exec.started.>"))
    await declare_consumer(harness.connection, old)
    async with running(declare(answer), harness.connection):
        config = (await harness.consumer()).config
    assert config.filter_subject == "intent.expired.>"
    assert not config.filter_subjects
    assert config.ack_wait == ACK_WAIT_MS / 1_000
    assert config.max_deliver == -1


async def test_a_consumer_that_cannot_follow_is_an_error(harness: RuntimeHarness) -> None:
    spec = ConsumerSpec(EVENTS_STREAM, DURABLE, 60_000)
    push = spec.config()
    push.deliver_subject = "elsewhere"
    push.max_waiting = None
    await harness.connection.jetstream.add_consumer(EVENTS_STREAM, push)
    with pytest.raises(ConsumerDrift, match="planner-workers"):
        await declare_consumer(harness.connection, spec)


async def test_a_worker_may_start_while_its_group_begins(
    harness: RuntimeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a broker lost its store: whoever is second to declare finds another start."""
    await declare_streams(harness.connection, partitions=PARTITIONS)
    specs = group_specs(QUEUE)
    find = resizing._find

    async def find_before_a_worker_starts(
        connection: NatsConnection, durable: str
    ) -> ConsumerInfo | None:
        found = await find(connection, durable)
        if found is None and durable in specs:
            await declare_consumer(connection, specs[durable])
        return found

    monkeypatch.setattr(resizing, "_find", find_before_a_worker_starts)
    await begin_ordered(harness.connection, QUEUE, [TOPIC], Order.INSTRUMENT)
    assert all([await is_declared(harness, durable) for durable in specs])


async def test_a_group_may_begin_while_its_worker_starts(
    harness: RuntimeHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await declare_streams(harness.connection, partitions=PARTITIONS)
    jetstream = harness.connection.jetstream
    specs = group_specs(QUEUE)
    look = jetstream.consumer_info
    begun = False

    async def look_before_the_group_begins(stream: str, durable: str) -> ConsumerInfo:
        nonlocal begun
        try:
            info: ConsumerInfo = await look(stream, durable)
            return info
        except NotFoundError:
            if not begun:
                begun = True
                await begin_ordered(harness.connection, QUEUE, [TOPIC], Order.INSTRUMENT)
            raise

    monkeypatch.setattr(jetstream, "consumer_info", look_before_the_group_begins)
    for spec in specs.values():
        await declare_consumer(harness.connection, spec)
    assert begun


async def is_declared(harness: RuntimeHarness, durable: str) -> bool:
    """Return whether the consumer exists."""
    try:
        await harness.connection.jetstream.consumer_info(EVENTS_STREAM, durable)
    except NotFoundError:
        return False
    return True


def group_specs(queue_group: str) -> dict[str, ConsumerSpec]:
    """Return what its workers declare, by durable."""
    consumers = consumers_of(queue_group, [TOPIC], Order.INSTRUMENT, PARTITIONS)
    return {
        one.durable: ConsumerSpec(EVENTS_STREAM, one.durable, NEW_ACK_WAIT_MS, one.filters, 1)
        for one in consumers
    }
