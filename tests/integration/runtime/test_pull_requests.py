"""A consumer has exactly two requests open at the broker, also after it was thought lost."""

import asyncio

from nats.aio.msg import Msg

from tests.integration.runtime.harness import RuntimeHarness
from tests.support.runtime_events import make_event
from tests.support.waiting import wait_until
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.runtime.consumers import ConsumerSpec
from tradewind.runtime.pull_consumer import OPEN_REQUESTS, PullConsumer, PullPace

SPEC = ConsumerSpec(EVENTS_STREAM, "pulling", 30_000)
PACE = PullPace(0.5, 0.2, 60.0, 0.1)
"""Requests expire soon, so that what was counted wrongly shows soon."""


async def requests_open(harness: RuntimeHarness) -> int:
    info = await harness.connection.jetstream.consumer_info(SPEC.stream, SPEC.durable)
    return info.num_waiting or 0


async def settle_at_two(harness: RuntimeHarness) -> None:
    """Wait until as many are open, and see that all of them were replaced by as many."""
    renewed = 0

    async def are_two() -> bool:
        nonlocal renewed
        renewed = renewed + 1 if await requests_open(harness) == OPEN_REQUESTS else 0
        await asyncio.sleep(PACE.expires_seconds / 5)
        return renewed > 15

    await wait_until(are_two, "two requests are open at the broker")


async def test_requests_from_before_are_not_taken_for_those_sent_since(
    harness: RuntimeHarness,
) -> None:
    """Given a broker that was thought lost and was not, then what it still has open just ends."""
    consumer = PullConsumer(
        harness.connection, SPEC, capacity=12, on_message=lambda _: None, pace=PACE
    )
    await consumer.start()
    await consumer.rearm()
    await settle_at_two(harness)
    await consumer.close()


async def test_what_is_acknowledged_without_a_connection_asks_for_nothing(
    harness: RuntimeHarness,
) -> None:
    """Given one that may hold one message, then it has one request open after a reconnect."""
    received = list[Msg]()
    patient = PullPace(60.0, 5.0, 60.0, 0.1)
    consumer = PullConsumer(
        harness.connection, SPEC, capacity=1, on_message=received.append, pace=patient
    )
    await consumer.start()
    await harness.publisher.publish(make_event())
    await wait_until(lambda: bool(received))
    generation = consumer._generation
    harness.server.kill()
    await wait_until(lambda: not harness.connection.is_connected)
    await consumer.ack(received[0])
    harness.server.restart()
    await wait_until(lambda: consumer._generation > generation)

    async def is_asked() -> bool:
        return await requests_open(harness) > 0

    await wait_until(is_asked)
    await asyncio.sleep(0.2)
    assert await requests_open(harness) == 1
    for _ in range(3):
        await harness.publisher.publish(make_event())
    await wait_until(lambda: len(received) == 2)
    await asyncio.sleep(0.2)
    assert (len(received), consumer.held) == (2, 1)
    await consumer.close()
