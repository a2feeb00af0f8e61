"""Measures how long the platform takes to recover."""

import asyncio
import time
from typing import Final

from tests.chaos.administrator import broker
from tests.chaos.harness import PlatformHarness
from tests.support.waiting import wait_until

PATIENCE_SECONDS: Final = 120.0
PROBE_SECONDS: Final = 10.0
LAST_TOPIC: Final = """
SELECT topic FROM events WHERE correlation_id = $1 ORDER BY sequence DESC LIMIT 1
"""
ENDS: Final = (
    "exec.completed",
    "exec.failed",
    "risk.rejected",
    "plan.rejected",
    "intent.expired",
    "intent.cancelled",
)
COMPLETED: Final = "exec.completed"


class NotRecovered(Exception):
    """The platform did not recover in time; the message says what was missing."""


async def recovered(harness: PlatformHarness) -> float:
    """Return the seconds until a new intent completes, nothing is parked and nothing lags.

    An intent that ends otherwise (no price yet) is followed by another one.
    """
    start = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await _probe(harness) != COMPLETED:
                pass
    except TimeoutError:
        raise NotRecovered(f"no intent completes within {PATIENCE_SECONDS:.0f} s") from None
    try:
        await caught_up(harness)
    except TimeoutError as error:
        raise NotRecovered(str(error)) from None
    return time.monotonic() - start


async def _probe(harness: PlatformHarness) -> str:
    """Send an intent; return how it ended, or nothing when it has not after a while."""
    request = await harness.load.probe()
    (intent_id, *_) = request.intent_ids
    topics: list[str] = []

    async def has_ended() -> bool:
        topic = await harness.database.value(LAST_TOPIC, f"intent-{intent_id}")
        topics.append(str(topic))
        return topic in ENDS

    try:
        await wait_until(has_ended, "it ends", seconds=PROBE_SECONDS)
    except TimeoutError:
        return ""
    return topics[-1]


async def caught_up(harness: PlatformHarness) -> None:
    """Wait until everything on the stream now is recorded and nothing is parked; TimeoutError."""
    async with broker(harness.servers.nats_url) as client:
        jetstream = client.jetstream(timeout=PATIENCE_SECONDS)
        last = (await jetstream.stream_info("EVENTS")).state.last_seq

        async def has_no_lag() -> bool:
            info = await jetstream.consumer_info("EVENTS", "coordinator")
            return info.ack_floor is not None and info.ack_floor.stream_seq >= last

        await wait_until(has_no_lag, "the coordinator has caught up", seconds=PATIENCE_SECONDS)

    async def nothing_is_parked() -> bool:
        return not await harness.database.value("SELECT count(*) FROM parked")

    await wait_until(nothing_is_parked, "nothing is parked", seconds=PATIENCE_SECONDS)
