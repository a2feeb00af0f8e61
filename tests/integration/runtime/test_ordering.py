"""Queue groups that are ordered by key: several workers, retries, dead letters, two groups."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from tests.integration.runtime.harness import (
    DURABLE,
    QUEUE,
    RuntimeHarness,
    answer,
    declare,
    running,
)
from tests.integration.runtime.keyed import (
    answered_in_order,
    by_instrument,
    events_of,
    instruments,
    partition_of,
    partitions,
    settled,
)
from tests.support.runtime_events import FOLLOWING_TOPIC, TOPIC, following, make_event
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import PARTITIONS, Order
from tradewind.contracts.role_model import QueueGroup
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import EventKey
from tradewind.errors import NotYet, PermanentError
from tradewind.runtime import JetStreamBroker, connect, declare_streams
from tradewind.runtime.broker_stats import Lag, group_lags
from tradewind.runtime.streams import StreamsMissing

SLOWEST_SECONDS = 0.02
WORKERS = 3


@pytest.fixture(autouse=True)
async def _partitioned(harness: RuntimeHarness) -> None:
    await declare_streams(harness.connection, partitions=PARTITIONS)


async def test_the_stream_stores_the_partitions_of_both_keys(harness: RuntimeHarness) -> None:
    event = make_event()
    await harness.publisher.publish(event)
    stored = await harness.connection.jetstream.get_msg(EVENTS_STREAM, 1)
    key = event.key
    expected = f"{event.subject}.{partition_of(key.instrument)}.{partition_of(key.portfolio)}"
    assert stored.subject == expected


async def test_events_of_a_key_are_handled_in_order_by_several_workers(
    harness: RuntimeHarness, nats_url: str
) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        busy[event.key.instrument] += 1
        most[event.key.instrument] = max(most[event.key.instrument], busy[event.key.instrument])
        await asyncio.sleep(entropy.uniform(0, SLOWEST_SECONDS))
        busy[event.key.instrument] -= 1
        return following(event)

    entropy = random.Random(9)
    busy, most = Counter[str](), Counter[str]()
    names = instruments(7)
    events = events_of(names, 20)
    async with AsyncExitStack() as stack:
        for number in range(WORKERS):
            connection = await connect(nats_url, name=f"worker-{number}")
            await stack.enter_async_context(connection)
            broker = declare(handler, order=Order.INSTRUMENT, time_limit=20_000, ack_wait=30_000)
            await stack.enter_async_context(running(broker, connection))
        await harness.publisher.publish_all(events)
        await settled(harness)
    await answered_in_order(harness, events)
    assert most == dict.fromkeys(names, 1)


async def test_a_message_that_waits_holds_its_partition_and_no_other(
    harness: RuntimeHarness,
) -> None:
    """The held message waits for the others: if they waited too, the test would never end."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        started.append(event.correlation_id)
        if event.correlation_id == first.correlation_id:
            if not others_done.is_set():
                raise NotYet(delay_ms=20)
        elif event.key.instrument == free:
            free_left.discard(event.correlation_id)
            if not free_left:
                others_done.set()
        return following(event)

    held, free = instruments(2)
    others_done = asyncio.Event()
    started: list[str] = []
    events = events_of([held, free], 6)
    first = events[0]
    free_left = {event.correlation_id for event in events if event.key.instrument == free}
    await harness.publisher.publish_all(events)
    async with running(declare(handler, order=Order.INSTRUMENT), harness.connection):
        await wait_until(others_done.is_set)
        await settled(harness)
    await answered_in_order(harness, events)
    assert started.count(first.correlation_id) > 1
    behind = events[2].correlation_id
    last_of_first = len(started) - 1 - started[::-1].index(first.correlation_id)
    assert started.index(behind) > last_of_first


async def test_a_dead_letter_lets_its_partition_go_on(harness: RuntimeHarness) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        if event.correlation_id == events[0].correlation_id:
            raise PermanentError("no")
        return following(event)

    events = events_of(instruments(1), 3)
    await harness.publisher.publish_all(events)
    async with running(declare(handler, order=Order.INSTRUMENT), harness.connection):
        await settled(harness)
    assert by_instrument(await harness.stored()) == by_instrument(events[1:])
    (letter,) = await harness.dead_letters()
    assert letter.subject == events[0].subject
    assert letter.id == f"{DURABLE}-1"


async def test_a_worker_that_stops_gives_back_what_it_did_not_finish(
    harness: RuntimeHarness,
) -> None:
    async def hang(event: AnyEvent, ports: object) -> list[AnyEvent]:
        started.append(event.event_id)
        await asyncio.Event().wait()
        return []

    started: list[str] = []
    names = instruments(3)
    events = events_of(names, 2)
    await harness.publisher.publish_all(events)
    slow = declare(hang, order=Order.INSTRUMENT, time_limit=60_000, ack_wait=90_000)
    async with running(slow, harness.connection, shutdown_timeout_seconds=0.1):
        await wait_until(lambda: len(started) == len(names))
    patient = declare(answer, order=Order.INSTRUMENT, time_limit=60_000, ack_wait=90_000)
    async with running(patient, harness.connection):
        await settled(harness)
    await answered_in_order(harness, events)


async def test_a_process_handles_no_more_at_a_time_than_it_is_told(harness: RuntimeHarness) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        busy.append(event)
        most.append(len(busy))
        await asyncio.sleep(0.005)
        busy.remove(event)
        return following(event)

    busy: list[AnyEvent] = []
    most: list[int] = []
    events = events_of(instruments(8), 4)
    await harness.publisher.publish_all(events)
    broker = declare(handler, order=Order.INSTRUMENT)
    async with running(broker, harness.connection, concurrency=2):
        await settled(harness)
    await answered_in_order(harness, events)
    assert max(most) == 2


async def test_what_waits_for_its_turn_is_given_back_by_a_worker_that_stops(
    harness: RuntimeHarness,
) -> None:
    async def hang(event: AnyEvent, ports: object) -> list[AnyEvent]:
        started.append(event.event_id)
        await asyncio.Event().wait()
        return []

    async def every_partition_delivered() -> bool:
        infos = await partitions(harness)
        return sum(info.num_ack_pending or 0 for info in infos) == len(events)

    started: list[str] = []
    events = events_of(instruments(4), 1)
    await harness.publisher.publish_all(events)
    slow = declare(hang, order=Order.INSTRUMENT, time_limit=60_000, ack_wait=90_000)
    async with running(slow, harness.connection, concurrency=1, shutdown_timeout_seconds=0.1):
        await wait_until(every_partition_delivered)
    assert len(started) == 1
    patient = declare(answer, order=Order.INSTRUMENT, time_limit=60_000, ack_wait=90_000)
    async with running(patient, harness.connection):
        await settled(harness)
    await answered_in_order(harness, events)


type Handler = Callable[[AnyEvent, object], Awaitable[list[AnyEvent]]]


def slowly_into(handled: list[AnyEvent], entropy: random.Random) -> Handler:
    """Return a handler that takes a random time, so that partitions overtake each other."""

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        await asyncio.sleep(entropy.uniform(0, SLOWEST_SECONDS))
        handled.append(event)
        return []

    return handler


def of_a_key(events: list[AnyEvent], order: Order, key: str) -> list[AnyEvent]:
    return [event for event in events if getattr(event.key, order) == key]


async def test_two_groups_of_a_role_have_orders_and_topics_of_their_own(
    harness: RuntimeHarness,
) -> None:
    async def anyhow(event: AnyEvent, ports: object) -> list[AnyEvent]:
        unordered.append(event)
        return []

    entropy = random.Random(4)
    unordered: list[AnyEvent] = []
    handled: dict[Order, list[AnyEvent]] = {Order.PORTFOLIO: [], Order.INSTRUMENT: []}
    queues = {f"toy.{order}": order for order in handled}
    broker = JetStreamBroker(orders=queues)
    both = [TOPIC, FOLLOWING_TOPIC]
    for queue, order in queues.items():
        handler = slowly_into(handled[order], entropy)
        broker.actor(actor_name=queue, queue_name=queue, topics=both)(handler)
    broker.actor(queue_name=QUEUE, topics=[TOPIC])(anyhow)
    keys = [
        EventKey(instrument=f"i{number % 5}", portfolio=f"p{number % 3}") for number in range(45)
    ]
    roots = [make_event(key) for key in keys]
    events = [event for root in roots for event in (root, *following(root))]
    async with running(broker, harness.connection):
        await harness.publisher.publish_all(events)
        for queue, order in queues.items():
            await settled(harness, queue, order)
        await harness.settled(45)
    for order, done in handled.items():
        assert done != events  # partitions overtake each other
        for key in {getattr(event.key, order) for event in events}:
            assert of_a_key(done, order, key) == of_a_key(events, order, key)
    assert len(unordered) == 45


async def test_an_ordered_group_does_not_start_on_a_stream_without_partitions(
    harness: RuntimeHarness,
) -> None:
    await declare_streams(harness.connection, partitions=0)
    with pytest.raises(StreamsMissing, match="tradewind provision"):
        async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
            pass


async def test_a_partition_whose_consumer_is_deleted_is_declared_again(
    harness: RuntimeHarness,
) -> None:
    (name,) = instruments(1)
    events = events_of([name], 2)
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        await harness.publisher.publish(events[0])
        await settled(harness)
        durable = f"{DURABLE}-p{partition_of(name):02}"
        await harness.connection.jetstream.delete_consumer(EVENTS_STREAM, durable)
        await harness.publisher.publish(events[1])

        async def is_answered() -> bool:
            return len(await harness.stored()) == 2

        await wait_until(is_answered)
    await answered_in_order(harness, events)


async def test_partitions_ask_again_after_the_broker_was_killed(harness: RuntimeHarness) -> None:
    events = events_of(instruments(5), 4)
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        await harness.publisher.publish_all(events[:10])
        await settled(harness)
        harness.server.kill()
        await wait_until(lambda: not harness.connection.is_connected)
        harness.server.restart()
        await wait_until(lambda: harness.connection.is_connected)
        await harness.publisher.publish_all(events[10:])
        await settled(harness)
    await answered_in_order(harness, events)


async def test_a_stored_copy_does_not_come_between(harness: RuntimeHarness) -> None:
    """A repeated message is stored once, although the stream appends tokens to its subject."""
    events = events_of(instruments(1), 3)
    for event, again in pairwise([*events, events[0]]):
        await harness.publisher.publish(event)
        await harness.publisher.publish(again)
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        await settled(harness)
    await answered_in_order(harness, events)


async def lag_of(harness: RuntimeHarness, order: Order) -> Lag | None:
    (lag,) = await group_lags(harness.connection, [QueueGroup(QUEUE, order=order)])
    return lag


async def test_the_lag_of_a_group_is_that_of_all_its_partitions(harness: RuntimeHarness) -> None:
    events = events_of(instruments(3), 4)
    assert await lag_of(harness, Order.INSTRUMENT) is None
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        idle = await lag_of(harness, Order.INSTRUMENT)
        assert idle == Lag(0, 0, consumers=PARTITIONS)
    await harness.publisher.publish_all(events)
    lag = await lag_of(harness, Order.INSTRUMENT)
    assert lag == Lag(len(events), 0, consumers=PARTITIONS)
    await harness.connection.jetstream.delete_consumer(EVENTS_STREAM, f"{DURABLE}-p07")
    assert await lag_of(harness, Order.INSTRUMENT) is None
    assert await lag_of(harness, Order.UNORDERED) is None
    async with running(declare(answer), harness.connection):
        await harness.settled(len(events))
        assert await lag_of(harness, Order.UNORDERED) == Lag(0, 0, len(events))
