"""Ordered workers as processes: killed and frozen under load, replaced within the ack wait."""

import asyncio
import os
import signal
from asyncio.subprocess import Process

import pytest

from tests.integration.runtime.harness import (
    RuntimeHarness,
    answer,
    declare,
    freeze,
    line_of,
    processes,
    running,
)
from tests.integration.runtime.keyed import (
    answered_in_order,
    events_of,
    instruments,
    partitions,
    settled,
)
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import PARTITIONS, Order
from tradewind.runtime import declare_streams

MODULE = "ordered_process"
PAUSE_SECONDS = 0.004
ACK_WAIT_MS = 4_000


@pytest.fixture(autouse=True)
async def _partitioned(harness: RuntimeHarness) -> None:
    await declare_streams(harness.connection, partitions=PARTITIONS)


async def publish_slowly(harness: RuntimeHarness, events: list[AnyEvent]) -> None:
    for event in events:
        await harness.publisher.publish(event)
        await asyncio.sleep(PAUSE_SECONDS)


async def drain_output(process: Process) -> None:
    assert process.stdout is not None
    while await process.stdout.readline():
        pass


async def test_a_process_killed_under_load_loses_nothing_and_keeps_the_order(
    harness: RuntimeHarness, nats_url: str
) -> None:
    events = events_of(instruments(9), 30)
    async with processes(nats_url, ["victim"], ["other"], module=MODULE) as (victim, other):
        reading = asyncio.create_task(drain_output(other))
        load = asyncio.create_task(publish_slowly(harness, events))
        for _ in range(len(events) // 6):
            assert await line_of(victim)
        victim.kill()
        await load
        await settled(harness)
        other.terminate()
        assert await other.wait() == 0
        await reading
    await answered_in_order(harness, events)


async def test_the_keys_of_a_dead_process_go_on_after_one_ack_wait(
    harness: RuntimeHarness, nats_url: str
) -> None:
    """Each message of the dead process has one delivery more, and no other message has."""
    names = instruments(4)
    events = events_of(names, 5)
    held = events[: len(names) - 1]
    async with processes(nats_url, ["victim", "hang"], module=MODULE) as (victim,):
        await harness.publisher.publish_all(held)
        started = {await line_of(victim) for _ in held}
        assert started == {event.event_id for event in held}
        victim.kill()
        await victim.wait()
    # This ack wait holds from the new declaration on.
    broker = declare(answer, order=Order.INSTRUMENT, ack_wait=ACK_WAIT_MS)
    async with running(broker, harness.connection):
        await harness.publisher.publish_all(events[len(held) :])
        await settled(harness)
    await answered_in_order(harness, events)
    deliveries = [
        info.delivered.consumer_seq for info in await partitions(harness) if info.delivered
    ]
    assert sum(deliveries) == len(events) + len(held)


async def test_a_process_that_was_frozen_repeats_without_harm(
    harness: RuntimeHarness, nats_url: str
) -> None:
    """The frozen process's messages were handled elsewhere; handling them again is harmless."""

    async def answered(number: int) -> bool:
        return len(await harness.stored()) >= number

    events = events_of(instruments(6), 20)
    half = len(events) // 2
    async with processes(nats_url, ["zombie"], ["other"], module=MODULE) as (zombie, other):
        reading = asyncio.gather(drain_output(zombie), drain_output(other))
        load = asyncio.create_task(publish_slowly(harness, events))
        await wait_until(lambda: answered(half // 2))
        freeze(zombie.pid)
        await load
        await settled(harness)
        os.kill(zombie.pid, signal.SIGCONT)
        for process in (zombie, other):
            process.terminate()
            assert await process.wait() == 0
        await reading
    await answered_in_order(harness, events)


async def test_sigterm_drains_an_ordered_process(harness: RuntimeHarness, nats_url: str) -> None:
    events = events_of(instruments(5), 12)
    async with processes(nats_url, ["drained"], module=MODULE) as (process,):
        await harness.publisher.publish_all(events)
        assert await line_of(process)
        process.send_signal(signal.SIGTERM)
        reading = asyncio.create_task(drain_output(process))
        assert await process.wait() == 0
        await reading
    async with running(declare(answer, order=Order.INSTRUMENT), harness.connection):
        await settled(harness)
    await answered_in_order(harness, events)
