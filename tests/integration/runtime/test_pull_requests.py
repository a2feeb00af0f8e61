"""A consumer has exactly two requests open at the broker, also after it was thought lost."""

import asyncio

from tests.integration.runtime.harness import RuntimeHarness
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
