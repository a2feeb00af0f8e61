"""Changing the number of partitions keeps the order, and loses and repeats no message."""

import asyncio
from collections import Counter

import pytest
from click.testing import CliRunner, Result

from tests.integration.runtime.harness import (
    DURABLE,
    PATIENT,
    QUEUE,
    RuntimeHarness,
    answer,
    declare,
    running,
)
from tests.integration.runtime.keyed import (
    MORE,
    answered_in_order,
    events_of,
    exists,
    has_begun,
    instruments,
    partition_of,
    partitions,
    publish_slowly,
    settled,
)
from tests.settings import Settings
from tests.support.runtime_events import TOPIC, following
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import PARTITIONS, Order, transform_destination
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.operations.cli.provision import provision
from tradewind.runtime import NatsConnection, declare_streams
from tradewind.runtime import resize as resizing
from tradewind.runtime.resize import (
    NotProvisioned,
    PartitionsBusy,
    WrongPartitions,
    begin_ordered,
    resize,
)
from tradewind.runtime.streams import (
    partitions_of,
    stored_partitions,
    subject_transform,
)


async def test_partitions_come_and_go_while_unordered_workers_run(harness: RuntimeHarness) -> None:
    events = events_of(instruments(5), 24)
    third = len(events) // 3
    jetstream = harness.connection.jetstream
    before = (await jetstream.stream_info(EVENTS_STREAM)).config
    consumer_before = None
    async with running(declare(answer), harness.connection):
        consumer_before = (await harness.consumer()).config
        load = asyncio.create_task(publish_slowly(harness, events[:third]))
        await declare_streams(harness.connection, partitions=PARTITIONS)
        await load
        await publish_slowly(harness, events[third : 2 * third])
        subject = (await jetstream.get_msg(EVENTS_STREAM, 3 * third)).subject
        assert subject is not None
        assert len(subject.split(".")) == 6
        load = asyncio.create_task(publish_slowly(harness, events[2 * third :]))
        await declare_streams(harness.connection, partitions=0)
        await load
        await harness.settled(len(events))
        assert (await harness.consumer()).config == consumer_before
    after = (await jetstream.stream_info(EVENTS_STREAM)).config
    assert after == before
    stored = [one.event_id for one in await harness.stored()]
    assert sorted(stored) == sorted(one.event_id for event in events for one in following(event))
    assert not await harness.dead_letters()


async def test_who_declares_streams_without_a_number_leaves_the_partitions(
    harness: RuntimeHarness,
) -> None:
    assert not partitions_of((await harness.connection.jetstream.stream_info(EVENTS_STREAM)).config)
    await declare_streams(harness.connection, partitions=8)
    await declare_streams(harness.connection)
    await declare_streams(harness.connection, events_max_bytes=2_000_000)
    assert await stored_partitions(harness.connection) == 8
    await declare_streams(harness.connection, partitions=PARTITIONS)
    assert await stored_partitions(harness.connection) == 8


async def test_a_transform_that_is_not_ours_is_replaced(harness: RuntimeHarness) -> None:
    jetstream = harness.connection.jetstream
    config = (await jetstream.stream_info(EVENTS_STREAM)).config
    ours = subject_transform(PARTITIONS)
    assert ours is not None
    ours.dest = transform_destination(PARTITIONS).replace("wildcard(2)", "wildcard(1)")
    await jetstream.update_stream(config.evolve(subject_transform=ours))
    await declare_streams(harness.connection, partitions=PARTITIONS)
    assert await stored_partitions(harness.connection) == PARTITIONS


@pytest.mark.parametrize(("first", "then"), [(PARTITIONS, MORE), (MORE, PARTITIONS)])
async def test_the_order_of_keys_survives_another_number_of_partitions(
    harness: RuntimeHarness, first: int, then: int
) -> None:
    """Workers of the old number run throughout; those of the new one come afterwards."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled[event.event_id] += 1
        await asyncio.sleep(0.002)
        return following(event)

    await declare_streams(harness.connection, partitions=first)
    handled = Counter[str]()
    events = events_of(instruments(12), 30)
    broker = declare(handler, order=Order.INSTRUMENT, **PATIENT)
    async with running(broker, harness.connection):
        load = asyncio.create_task(publish_slowly(harness, events[:-60]))
        await wait_until(lambda: has_begun(harness))
        await resize(harness.connection, then)
        async with running(broker, harness.connection):
            await load
            await publish_slowly(harness, events[-60:])
            await settled(harness, number=then)
    await answered_in_order(harness, events)
    assert set(handled.values()) == {1}
    assert await stored_partitions(harness.connection) == then


@pytest.mark.parametrize(("first", "then"), [(PARTITIONS, MORE), (MORE, PARTITIONS)])
async def test_a_key_that_moves_waits_for_its_old_partition(
    harness: RuntimeHarness, monkeypatch: pytest.MonkeyPatch, first: int, then: int
) -> None:
    """One event comes just before the number changes and one just after, in another partition."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        started.append(event)
        await released.wait()
        return following(event)

    async def store_with(connection: NatsConnection, number: int) -> None:
        await harness.publisher.publish(before)
        await change(connection, number)
        await harness.publisher.publish(after)
        changed.set()

    change = resizing._store_with
    monkeypatch.setattr(resizing, "_store_with", store_with)
    released, changed = asyncio.Event(), asyncio.Event()
    started: list[AnyEvent] = []
    name = next(one for one in instruments(9) if partition_of(one, MORE) >= PARTITIONS)
    before, after = events_of([name], 2)
    await declare_streams(harness.connection, partitions=first)
    broker = declare(handler, order=Order.INSTRUMENT, time_limit=60_000, ack_wait=90_000)
    async with running(broker, harness.connection):
        task = asyncio.create_task(resize(harness.connection, then))
        await wait_until(changed.is_set)
        async with running(broker, harness.connection):
            await wait_until(lambda: started == [before])
            infos = await partitions(harness, number=then)
            target = infos[partition_of(name, then)]
            assert target.paused
            assert target.num_pending == 1
            assert not task.done()
            released.set()
            await task
            await settled(harness, number=then)
    assert started == [before, after]
    await answered_in_order(harness, [before, after])


async def test_growing_again_does_not_bring_back_what_was_handled(harness: RuntimeHarness) -> None:
    await declare_streams(harness.connection, partitions=MORE)
    broker = declare(answer, order=Order.INSTRUMENT)
    events = events_of(instruments(8), 2)
    async with running(broker, harness.connection):
        await harness.publisher.publish_all(events)
        await settled(harness, number=MORE)
        await resize(harness.connection, PARTITIONS)
    for partition in range(PARTITIONS, MORE):
        await harness.connection.jetstream.delete_consumer(
            EVENTS_STREAM, f"{DURABLE}-p{partition:02}"
        )
    await resize(harness.connection, MORE)
    infos = await partitions(harness, number=MORE)
    assert not any(info.num_pending for info in infos)
    assert not any(info.paused for info in infos)


async def test_a_backlog_is_not_overtaken(harness: RuntimeHarness) -> None:
    """Without workers, the stored messages stay in partitions that their keys have left."""
    await declare_streams(harness.connection, partitions=PARTITIONS)
    broker = declare(answer, order=Order.INSTRUMENT)
    async with running(broker, harness.connection):
        pass
    events = events_of(instruments(2), 1)
    await harness.publisher.publish_all(events)
    with pytest.raises(PartitionsBusy, match="planner-workers-p"):
        await resize(harness.connection, MORE, drain_seconds=0.2)
    assert await stored_partitions(harness.connection) == PARTITIONS
    async with running(broker, harness.connection):
        await settled(harness)
    await resize(harness.connection, MORE)
    assert await stored_partitions(harness.connection) == MORE


@pytest.mark.parametrize("wrong", [0, -16, 24, 64, 1_000])
async def test_a_number_that_keys_cannot_move_to_is_refused(
    harness: RuntimeHarness, wrong: int
) -> None:
    await declare_streams(harness.connection, partitions=PARTITIONS)
    with pytest.raises(WrongPartitions, match="16 partitions cannot become"):
        await resize(harness.connection, wrong)


async def test_what_is_not_provisioned_is_not_resized(harness: RuntimeHarness) -> None:
    """Given a group without some of its consumers, or no stream at all, then it says what to do."""
    await declare_streams(harness.connection, partitions=PARTITIONS)
    await begin_ordered(harness.connection, QUEUE, [TOPIC], Order.INSTRUMENT)
    jetstream = harness.connection.jetstream
    await jetstream.delete_consumer(EVENTS_STREAM, f"{DURABLE}-p15")
    with pytest.raises(NotProvisioned, match="EVENTS: consumer not found"):
        await resize(harness.connection, MORE)
    assert await stored_partitions(harness.connection) == PARTITIONS
    await jetstream.delete_stream(EVENTS_STREAM)
    with pytest.raises(NotProvisioned, match="EVENTS: stream not found"):
        await resize(harness.connection, MORE)


async def test_a_group_becomes_ordered_where_it_stands(harness: RuntimeHarness) -> None:
    """Its first events have no partitions, some come meanwhile, and none is handled twice."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled[event.event_id] += 1
        await asyncio.sleep(0.002)
        return following(event)

    async def begin() -> None:
        await begin_ordered(harness.connection, QUEUE, [TOPIC], Order.INSTRUMENT)

    handled = Counter[str]()
    events = events_of(instruments(6), 40)
    async with running(declare(handler, **PATIENT), harness.connection, concurrency=1):
        load = asyncio.create_task(publish_slowly(harness, events[:-60]))
        await wait_until(lambda: has_begun(harness))
        await declare_streams(harness.connection, partitions=PARTITIONS)
        await begin()
        # This is the state after an interruption.
        await harness.connection.jetstream.delete_consumer(EVENTS_STREAM, f"{DURABLE}-p15")
        await begin()
        await begin()
        assert await exists(harness, DURABLE)  # A worker that pulls would make it again.
    async with running(declare(handler, order=Order.INSTRUMENT, **PATIENT), harness.connection):
        await load
        await publish_slowly(harness, events[-60:])
        await settled(harness)
    await answered_in_order(harness, events)
    assert set(handled.values()) == {1}
    await begin()
    assert not await exists(harness, DURABLE)


async def test_a_new_group_begins_with_what_comes(harness: RuntimeHarness) -> None:
    old, new = events_of(instruments(3), 1), events_of(instruments(3), 2)
    await declare_streams(harness.connection, partitions=PARTITIONS)
    await harness.publisher.publish_all(old)
    await begin_ordered(harness.connection, QUEUE, [TOPIC], Order.INSTRUMENT)
    await harness.publisher.publish_all(new)
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        await settled(harness)
    await answered_in_order(harness, new)


async def test_a_group_is_not_ordered_while_old_events_wait(harness: RuntimeHarness) -> None:
    async with running(declare(answer), harness.connection):
        pass
    await harness.publisher.publish_all(events_of(instruments(1), 1))
    await declare_streams(harness.connection, partitions=PARTITIONS)
    with pytest.raises(PartitionsBusy, match="planner-workers: not all up to 1"):
        await begin_ordered(harness.connection, QUEUE, [TOPIC], Order.INSTRUMENT, drain_seconds=0.2)
    assert not await exists(harness, f"{DURABLE}-p00")
    async with running(declare(answer), harness.connection):
        await harness.settled(1)


async def test_a_group_whose_workers_are_gone_begins_with_what_comes(
    harness: RuntimeHarness,
) -> None:
    """Given a platform that was stopped with a backlog, then it starts, and takes new events."""
    async with running(declare(answer), harness.connection):
        pass
    await harness.publisher.publish_all(events_of(instruments(3), 1))
    await declare_streams(harness.connection, partitions=PARTITIONS)
    new = events_of(instruments(3), 2)
    await begin_ordered(harness.connection, QUEUE, [TOPIC], Order.INSTRUMENT, drain_seconds=None)
    await harness.publisher.publish_all(new)
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        await settled(harness)
    await answered_in_order(harness, new)


async def test_an_operator_changes_the_number_by_provisioning(
    harness: RuntimeHarness, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def invoke(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, provision, arguments)

    monkeypatch.setenv("TRADEWIND_NATS_URL", settings.nats_url)
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    monkeypatch.setenv("TRADEWIND_REDIS_URL", settings.redis_url.get_secret_value())
    await declare_streams(harness.connection)
    assert (await invoke()).exit_code == 0
    assert await stored_partitions(harness.connection) == PARTITIONS
    changed = await invoke("--partitions", str(MORE))
    assert changed.exit_code == 0, changed.output
    assert f"{MORE} partitions" in changed.output
    assert (await invoke()).exit_code == 0
    assert await stored_partitions(harness.connection) == MORE
