"""Workers as processes: killed, stopped, replicated, and run by the stock command."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections import Counter

from tests.integration.runtime.harness import (
    RuntimeHarness,
    answer,
    declare,
    line_of,
    processes,
    running,
)
from tests.support.runtime_events import following, make_event
from tests.support.waiting import wait_until

EVENTS = 240
PROCESSES = 3


async def test_what_a_killed_process_held_is_done_elsewhere_under_the_same_ids(
    harness: RuntimeHarness, nats_url: str
) -> None:
    event = make_event()
    async with processes(nats_url, ["victim", "hang"]) as (victim,):
        await harness.publisher.publish(event)
        assert await line_of(victim) == "victim"
        victim.kill()
        await victim.wait()
    async with running(declare(answer), harness.connection):
        await harness.settled(2)
    assert await harness.stored() == following(event)
    assert await harness.consumer_has_delivered(2)


async def test_sigterm_drains_and_exits_cleanly(harness: RuntimeHarness, nats_url: str) -> None:
    events = [make_event() for _ in range(12)]
    async with processes(nats_url, ["drained", "slow"]) as (process,):
        await harness.publisher.publish_all(events)
        assert await line_of(process) == "drained"
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0

    async def is_idle() -> bool:
        return not (await harness.consumer()).num_ack_pending

    await wait_until(is_idle)
    finished = len(await harness.stored())
    assert 1 <= finished < len(events)
    async with running(declare(answer), harness.connection):
        await harness.settled(len(events))
    ids = {event.event_id for event in await harness.stored()}
    assert ids == {event.event_id for one in events for event in following(one)}


async def test_replicas_share_the_load_evenly(harness: RuntimeHarness, nats_url: str) -> None:
    names = [[f"replica-{number}", "patient"] for number in range(PROCESSES)]
    async with processes(nats_url, *names) as replicas:
        await harness.publisher.publish_all(make_event() for _ in range(EVENTS))
        await harness.settled(EVENTS)
        for replica in replicas:
            replica.terminate()
        outputs = [(await replica.communicate())[0].decode().split() for replica in replicas]
    handled = Counter(name for output in outputs for name in output)
    assert handled.total() == EVENTS
    for name in names:
        assert handled[name[0]] >= EVENTS / PROCESSES / 2


async def test_the_stock_command_runs_the_same_actors(
    harness: RuntimeHarness, nats_url: str
) -> None:
    event = make_event()
    command = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "dramatiq",
        "tests.integration.runtime.stock_command:broker",
        "--processes=1",
        "--threads=1",
        "--skip-logging",
        env=os.environ | {"TRADEWIND_NATS_URL": nats_url},
        stderr=PIPE,
    )
    try:
        await harness.publisher.publish(event)
        await harness.settled(1)
        assert await harness.stored() == following(event)
    finally:
        command.terminate()
        _, errors = await command.communicate()
    assert command.returncode == 0, errors.decode()
