"""Batches are in stream order, bounded, and redelivered when they are not settled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from nats.js.api import ConsumerInfo

from tests.integration.runtime.harness import RuntimeHarness
from tests.support.runtime_events import make_event
from tests.support.waiting import wait_until
from tradewind.contracts.roles import COORDINATOR_GROUP
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.runtime import BatchConsumer

GROUP = COORDINATOR_GROUP.name
ACK_WAIT_MS = 300


@asynccontextmanager
async def consuming(harness: RuntimeHarness, **options: Any) -> AsyncIterator[BatchConsumer]:
    consumer = BatchConsumer(
        harness.connection, EVENTS_STREAM, GROUP, ack_wait_ms=ACK_WAIT_MS, **options
    )
    await consumer.start()
    yield consumer
    await consumer.stop()


async def info(harness: RuntimeHarness) -> ConsumerInfo:
    state: ConsumerInfo = await harness.connection.jetstream.consumer_info(
        EVENTS_STREAM, COORDINATOR_GROUP.durable
    )
    return state


async def test_batches_come_in_stream_order_and_are_bounded(harness: RuntimeHarness) -> None:
    events = [make_event() for _ in range(50)]
    await harness.publisher.publish_all(events)
    received: list[bytes] = []

    async def is_bounded() -> bool:
        # Nothing is settled meanwhile, but the broker may still have to take what was before.
        return ((await info(harness)).num_ack_pending or 0) <= 30

    async with consuming(harness, max_batch=20, max_held=30) as consumer:
        while len(received) < len(events):
            batch = await consumer.next_batch()
            assert 1 <= len(batch) <= 20
            await wait_until(is_bounded, "no more than 30 messages are held")
            received += [message.data for message in batch]
            await consumer.settle(batch)
    assert received == [event.to_bytes() for event in events]
    state = await info(harness)
    assert (state.num_pending, state.num_redelivered) == (0, 0)


async def test_what_is_held_for_long_is_kept_in_progress(harness: RuntimeHarness) -> None:
    await harness.publisher.publish(make_event())
    async with consuming(harness) as consumer:
        batch = await consumer.next_batch()
        await asyncio.sleep(4 * ACK_WAIT_MS / 1_000)
        assert (await info(harness)).num_redelivered == 0
        await consumer.settle(batch)


async def test_released_messages_come_again(harness: RuntimeHarness) -> None:
    event = make_event()
    await harness.publisher.publish(event)
    async with consuming(harness) as consumer:
        await consumer.release(await consumer.next_batch(), delay_ms=20)
        (again,) = await consumer.next_batch()
        assert again.data == event.to_bytes()
        assert again.metadata.num_delivered == 2
        await consumer.settle([again])


async def test_stopping_gives_back_what_nobody_took(harness: RuntimeHarness) -> None:
    await harness.publisher.publish_all(make_event() for _ in range(5))
    async with consuming(harness) as first:
        (taken, *rest) = await first.next_batch()
        await first.settle([taken])
        await first.release(rest)
    async with consuming(harness) as second:
        batch = await second.next_batch()
        await second.settle(batch)

        async def is_empty() -> bool:
            state = await info(harness)
            return not state.num_ack_pending and not state.num_pending

        await wait_until(is_empty)
