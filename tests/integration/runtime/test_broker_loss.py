"""When the broker goes away or loses a consumer no message is lost, and one line is logged."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE

import pytest
from structlog.testing import capture_logs

from tests.integration.runtime.harness import (
    DEADLINE_SECONDS,
    DURABLE,
    RuntimeHarness,
    declare,
    running,
)
from tests.integration.runtime.harness import answer as plain_answer
from tests.support.runtime_events import following, make_event
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.runtime import BrokerUnreachable, connect

EVENTS = 120

CLOSES = """
import asyncio, os
from tradewind.runtime import connect

async def main():
    connection = await connect(os.environ["TRADEWIND_NATS_URL"], name="closes")
    await connection.client.close()
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_broker_killed_under_load_loses_nothing(harness: RuntimeHarness) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        await asyncio.sleep(0.001)
        return following(event)

    async def publish_until_acknowledged(event: AnyEvent) -> None:
        while True:
            try:
                return await harness.publisher.publish(event)
            except (TransientError, UnknownOutcome):
                await asyncio.sleep(0.02)

    async def publish_slowly() -> None:
        for event in events:
            await publish_until_acknowledged(event)

    events = [make_event() for _ in range(EVENTS)]
    with capture_logs() as records:
        async with running(declare(handler), harness.connection, concurrency=8):
            load = asyncio.create_task(publish_slowly())
            await wait_until(lambda: harness.consumer_has_delivered(EVENTS // 4))
            harness.server.kill()
            await wait_until(lambda: not harness.connection.is_connected)
            harness.server.restart()
            async with asyncio.timeout(DEADLINE_SECONDS):
                await load
            await harness.settled(EVENTS)
    wanted = {event.event_id for one in events for event in following(one)}
    stored = [event.event_id for event in await harness.stored()]
    assert len(stored) == EVENTS
    assert set(stored) == wanted
    of_nats = [one["event"] for one in records if one.get("dependency") == "nats"]
    assert of_nats == ["lost", "back"]


async def test_a_worker_whose_consumer_is_deleted_declares_it_again(
    harness: RuntimeHarness,
) -> None:
    async with running(declare(plain_answer), harness.connection):
        await harness.publisher.publish(make_event())
        await harness.settled(1)
        await harness.connection.jetstream.delete_consumer(EVENTS_STREAM, DURABLE)
        event = make_event()
        await harness.publisher.publish(event)

        async def is_handled() -> bool:
            return following(event)[0] in await harness.stored()

        await wait_until(is_handled)


async def test_a_server_that_nobody_runs_is_named() -> None:
    with pytest.raises(BrokerUnreachable, match=r"nats://127\.0\.0\.1:1"):
        await connect("nats://127.0.0.1:1", name="test", deadline_seconds=0.3)


async def test_a_client_that_closed_for_good_is_reported(nats_url: str) -> None:
    closed = asyncio.Event()
    connection = await connect(nats_url, name="test", on_closed=closed.set)
    await connection.client.close()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await closed.wait()


async def test_closing_on_purpose_is_no_loss(nats_url: str) -> None:
    closed = asyncio.Event()
    connection = await connect(nats_url, name="test", on_closed=closed.set)
    await connection.close()
    await connection.close()
    assert not closed.is_set()


async def test_a_client_that_closed_for_good_ends_the_process(nats_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CLOSES,
        env=os.environ | {"TRADEWIND_NATS_URL": nats_url},
        stdout=PIPE,
    )
    async with asyncio.timeout(DEADLINE_SECONDS):
        output, _ = await process.communicate()
    assert process.returncode == 1
    assert b"closed for good" in output
