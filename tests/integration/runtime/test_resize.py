"""Partitions come and go on a live stream: order kept, nothing lost, nothing handled twice."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from click.testing import CliRunner, Result
from nats.js.errors import NotFoundError

from tests.integration.runtime.keyed import (
    answered_in_order,
    events_of,
    instruments,
    partition_of,
    partitions,
    settled,
)
from tests.integration.runtime.support import QUEUE, Desk, answer, declare, eventually, running
from tests.unit.runtime.events import TOPIC, following
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import PARTITIONS, Order, transform_destination
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.operations.cli.provision import provision
from tradewind.runtime import NatsConnection, declare_streams
from tradewind.runtime import resize as resizing
from tradewind.runtime.resize import PartitionsBusy, WrongPartitions, begin_ordered, resize
from tradewind.runtime.streams import (
    StreamsMissing,
    partitions_of,
    stored_partitions,
    subject_transform,
)
from tradewind.settings import Settings

PAUSE_SECONDS = 0.003
MORE = 2 * PARTITIONS
PATIENT: dict[str, Any] = {"time_limit": 20_000, "ack_wait": 30_000}
"""Where a message counts as handled once, a busy machine must not make it come again."""


async def publish_slowly(desk: Desk, events: list[AnyEvent]) -> None:
    for event in events:
        await desk.publisher.publish(event)
        await asyncio.sleep(PAUSE_SECONDS)


async def has_begun(desk: Desk) -> bool:
    return len(await desk.stored()) > 10


async def exists(desk: Desk, durable: str) -> bool:
    try:
        await desk.connection.jetstream.consumer_info(EVENTS_STREAM, durable)
    except NotFoundError:
        return False
    return True


async def test_partitions_come_and_go_while_unordered_workers_run(desk: Desk) -> None:
    events = events_of(instruments(5), 24)
    third = len(events) // 3
    jetstream = desk.connection.jetstream
    before = (await jetstream.stream_info(EVENTS_STREAM)).config
    consumer_before = None
    async with running(declare(answer), desk.connection):
        consumer_before = (await desk.consumer()).config
        load = asyncio.create_task(publish_slowly(desk, events[:third]))
        await declare_streams(desk.connection, partitions=PARTITIONS)
        await load
        await publish_slowly(desk, events[third : 2 * third])
        subject = (await jetstream.get_msg(EVENTS_STREAM, 3 * third)).subject
        assert subject is not None
        assert len(subject.split(".")) == 6
        load = asyncio.create_task(publish_slowly(desk, events[2 * third :]))
        await declare_streams(desk.connection, partitions=0)
        await load
        await desk.settled(len(events))
        assert (await desk.consumer()).config == consumer_before
    after = (await jetstream.stream_info(EVENTS_STREAM)).config
    assert after == before
    stored = [one.event_id for one in await desk.stored()]
    assert sorted(stored) == sorted(one.event_id for event in events for one in following(event))
    assert not await desk.dead_letters()


async def test_who_declares_streams_without_a_number_leaves_the_partitions(desk: Desk) -> None:
    assert not partitions_of((await desk.connection.jetstream.stream_info(EVENTS_STREAM)).config)
    await declare_streams(desk.connection, partitions=8)
    await declare_streams(desk.connection)
    await declare_streams(desk.connection, events_max_bytes=2_000_000)
    assert await stored_partitions(desk.connection) == 8
    await declare_streams(desk.connection, partitions=PARTITIONS)
    assert await stored_partitions(desk.connection) == 8


async def test_a_transform_that_is_not_ours_is_replaced(desk: Desk) -> None:
    jetstream = desk.connection.jetstream
    config = (await jetstream.stream_info(EVENTS_STREAM)).config
    ours = subject_transform(PARTITIONS)
    assert ours is not None
    ours.dest = transform_destination(PARTITIONS).replace("wildcard(2)", "wildcard(1)")
    await jetstream.update_stream(config.evolve(subject_transform=ours))
    await declare_streams(desk.connection, partitions=PARTITIONS)
    assert await stored_partitions(desk.connection) == PARTITIONS


@pytest.mark.parametrize(("first", "then"), [(PARTITIONS, MORE), (MORE, PARTITIONS)])
async def test_the_order_of_keys_survives_another_number_of_partitions(
    desk: Desk, first: int, then: int
) -> None:
    """Workers of the old number run throughout; those of the new one come afterwards."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled[event.event_id] += 1
        await asyncio.sleep(0.002)
        return following(event)

    await declare_streams(desk.connection, partitions=first)
    handled = Counter[str]()
    events = events_of(instruments(12), 30)
    broker = declare(handler, order=Order.INSTRUMENT, **PATIENT)
    async with running(broker, desk.connection):
        load = asyncio.create_task(publish_slowly(desk, events[:-60]))
        await eventually(lambda: has_begun(desk))
        await resize(desk.connection, then)
        async with running(broker, desk.connection):
            await load
            await publish_slowly(desk, events[-60:])
            await settled(desk, number=then)
    await answered_in_order(desk, events)
    assert set(handled.values()) == {1}
    assert await stored_partitions(desk.connection) == then


@pytest.mark.parametrize(("first", "then"), [(PARTITIONS, MORE), (MORE, PARTITIONS)])
async def test_a_key_that_moves_waits_for_its_old_partition(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, first: int, then: int
) -> None:
    """One event comes just before the number changes and one just after, in another partition."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        started.append(event)
        await released.wait()
        return following(event)

    async def store_with(connection: NatsConnection, number: int) -> None:
        await desk.publisher.publish(before)
        await change(connection, number)
        await desk.publisher.publish(after)
        changed.set()

    change = resizing._store_with
    monkeypatch.setattr(resizing, "_store_with", store_with)
    released, changed = asyncio.Event(), asyncio.Event()
    started: list[AnyEvent] = []
    name = next(one for one in instruments(9) if partition_of(one, MORE) >= PARTITIONS)
    before, after = events_of([name], 2)
    await declare_streams(desk.connection, partitions=first)
    broker = declare(handler, order=Order.INSTRUMENT, time_limit=60_000, ack_wait=90_000)
    async with running(broker, desk.connection):
        task = asyncio.create_task(resize(desk.connection, then))
        await eventually(changed.is_set)
        async with running(broker, desk.connection):
            await eventually(lambda: started == [before])
            infos = await partitions(desk, number=then)
            target = infos[partition_of(name, then)]
            assert target.paused
            assert target.num_pending == 1
            assert not task.done()
            released.set()
            await task
            await settled(desk, number=then)
    assert started == [before, after]
    await answered_in_order(desk, [before, after])


async def test_growing_again_does_not_bring_back_what_was_handled(desk: Desk) -> None:
    await declare_streams(desk.connection, partitions=MORE)
    broker = declare(answer, order=Order.INSTRUMENT)
    events = events_of(instruments(8), 2)
    async with running(broker, desk.connection):
        await desk.publisher.publish_all(events)
        await settled(desk, number=MORE)
        await resize(desk.connection, PARTITIONS)
    for partition in range(PARTITIONS, MORE):
        await desk.connection.jetstream.delete_consumer(
            EVENTS_STREAM, f"{QUEUE.durable}-p{partition:02}"
        )
    await resize(desk.connection, MORE)
    infos = await partitions(desk, number=MORE)
    assert not any(info.num_pending for info in infos)
    assert not any(info.paused for info in infos)


async def test_a_backlog_is_not_overtaken(desk: Desk) -> None:
    """Nobody works: what is stored would stay in partitions its keys have left."""
    await declare_streams(desk.connection, partitions=PARTITIONS)
    broker = declare(answer, order=Order.INSTRUMENT)
    async with running(broker, desk.connection):
        pass
    events = events_of(instruments(2), 1)
    await desk.publisher.publish_all(events)
    with pytest.raises(PartitionsBusy, match="planner-workers-p"):
        await resize(desk.connection, MORE, drain_seconds=0.2)
    assert await stored_partitions(desk.connection) == PARTITIONS
    async with running(broker, desk.connection):
        await settled(desk)
    await resize(desk.connection, MORE)
    assert await stored_partitions(desk.connection) == MORE


@pytest.mark.parametrize("wrong", [0, -16, 24, 64, 1_000])
async def test_a_number_that_keys_cannot_move_to_is_refused(desk: Desk, wrong: int) -> None:
    await declare_streams(desk.connection, partitions=PARTITIONS)
    with pytest.raises(WrongPartitions, match="16 partitions cannot become"):
        await resize(desk.connection, wrong)


async def test_a_group_becomes_ordered_where_it_stands(desk: Desk) -> None:
    """Its first events have no partitions, some come meanwhile, and none is handled twice."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled[event.event_id] += 1
        await asyncio.sleep(0.002)
        return following(event)

    async def begin() -> None:
        await begin_ordered(desk.connection, QUEUE, [TOPIC], Order.INSTRUMENT)

    handled = Counter[str]()
    events = events_of(instruments(6), 40)
    async with running(declare(handler, **PATIENT), desk.connection, concurrency=1):
        load = asyncio.create_task(publish_slowly(desk, events[:-60]))
        await eventually(lambda: has_begun(desk))
        await declare_streams(desk.connection, partitions=PARTITIONS)
        await begin()
        # as if that had been interrupted
        await desk.connection.jetstream.delete_consumer(EVENTS_STREAM, f"{QUEUE.durable}-p15")
        await begin()
        await begin()
        assert await exists(desk, QUEUE.durable)  # a worker that pulls would make it again
    async with running(declare(handler, order=Order.INSTRUMENT, **PATIENT), desk.connection):
        await load
        await publish_slowly(desk, events[-60:])
        await settled(desk)
    await answered_in_order(desk, events)
    assert set(handled.values()) == {1}
    await begin()
    assert not await exists(desk, QUEUE.durable)


async def test_a_new_group_begins_with_what_comes(desk: Desk) -> None:
    old, new = events_of(instruments(3), 1), events_of(instruments(3), 2)
    await declare_streams(desk.connection, partitions=PARTITIONS)
    await desk.publisher.publish_all(old)
    await begin_ordered(desk.connection, QUEUE, [TOPIC], Order.INSTRUMENT)
    await desk.publisher.publish_all(new)
    async with running(declare(answer, order=Order.INSTRUMENT), desk.connection):
        await settled(desk)
    await answered_in_order(desk, new)


async def test_a_group_is_not_ordered_while_old_events_wait(desk: Desk) -> None:
    async with running(declare(answer), desk.connection):
        pass
    await desk.publisher.publish_all(events_of(instruments(1), 1))
    await declare_streams(desk.connection, partitions=PARTITIONS)
    with pytest.raises(PartitionsBusy, match="planner-workers: not all up to 1"):
        await begin_ordered(desk.connection, QUEUE, [TOPIC], Order.INSTRUMENT, drain_seconds=0.2)
    assert not await exists(desk, f"{QUEUE.durable}-p00")
    async with running(declare(answer), desk.connection):
        await desk.settled(1)


async def test_an_operator_changes_the_number_by_provisioning(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def invoke(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, provision, arguments)

    monkeypatch.setenv("TRADEWIND_NATS_URL", settings.nats_url)
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    monkeypatch.setenv("TRADEWIND_REDIS_URL", settings.redis_url.get_secret_value())
    await declare_streams(desk.connection)
    refused = await invoke("--partitions", str(MORE))
    assert isinstance(refused.exception, StreamsMissing)
    await declare_streams(desk.connection, partitions=PARTITIONS)
    changed = await invoke("--partitions", str(MORE))
    assert changed.exit_code == 0, changed.output
    assert f"{MORE} partitions" in changed.output
    assert (await invoke()).exit_code == 0
    assert await stored_partitions(desk.connection) == MORE
