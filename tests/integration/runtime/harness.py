"""Publishes, runs workers and reads the state of a server for the tests of this folder."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dramatiq.middleware import Middleware, Retries
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from tests.support.paused import stop
from tests.support.runtime_events import FOLLOWING_TOPIC, TOPIC, following
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.ordering import Order
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM
from tradewind.contracts.system.dead_letters import DeadLetter, parse_dead_letter
from tradewind.operations.embedded.servers import ServerProcess
from tradewind.runtime import JetStreamBroker, NatsConnection, Publisher, Worker

QUEUE = PLANNER_WORKERS.name
DURABLE = PLANNER_WORKERS.durable
DEADLINE_SECONDS = 180.0
TIME_LIMIT_MS = 400
ACK_WAIT_MS = 700
PATIENT: dict[str, Any] = {"time_limit": 20_000, "ack_wait": 30_000}
"""Limits so long that a busy machine causes no redelivery, which tests would count."""


def freeze(pid: int) -> None:
    """Stop a process and wait until its last thread has stopped, which takes a moment."""
    stop(pid)
    threads = list(Path(f"/proc/{pid}/task").glob("*/stat"))
    while any(b") T " not in thread.read_bytes() for thread in threads):
        time.sleep(0.01)


class RuntimeHarness:
    """Publishes, waits, and reads messages and consumers of a server."""

    def __init__(
        self, connection: NatsConnection, publisher: Publisher, server: ServerProcess
    ) -> None:
        self.connection = connection
        self.publisher = publisher
        self.server = server

    async def publish_raw(self, subject: str, data: bytes) -> None:
        """Publish bytes as a foreign client would."""
        await self.connection.jetstream.publish(subject, data, timeout=PATIENCE_SECONDS)

    async def consumer(self) -> ConsumerInfo:
        """Return the state of the queue's consumer."""
        info: ConsumerInfo = await self.connection.jetstream.consumer_info(EVENTS_STREAM, DURABLE)
        return info

    async def consumer_has_delivered(self, messages: int) -> bool:
        """Return whether the server handed out that many."""
        delivered = (await self.consumer()).delivered
        return delivered is not None and delivered.consumer_seq >= messages

    async def settled(self, handled: int) -> None:
        """Wait until `handled` messages are acknowledged or terminated, and none is in flight."""

        async def is_settled() -> bool:
            try:
                info = await self.consumer()
            except NotFoundError:
                return False
            floor = info.ack_floor.consumer_seq if info.ack_floor else 0
            return not info.num_ack_pending and not info.num_pending and floor >= handled

        await wait_until(is_settled)

    async def stored(self, topic: str = FOLLOWING_TOPIC) -> list[AnyEvent]:
        """Return the events of a topic in the stream, in order."""
        events = [parse_event(data) for _, data in await self._read(EVENTS_STREAM)]
        return [event for event in events if event.topic == topic]

    async def dead_letters(self) -> list[DeadLetter]:
        """Return the dead letters in their stream, in order."""
        messages = await self._read(DEAD_LETTERS_STREAM)
        return [parse_dead_letter(headers, data) for headers, data in messages]

    async def _read(self, stream: str) -> list[tuple[dict[str, str] | None, bytes]]:
        jetstream = self.connection.jetstream
        last = (await jetstream.stream_info(stream)).state.last_seq
        messages = [await jetstream.get_msg(stream, seq) for seq in range(1, last + 1)]
        return [(message.headers, message.data or b"") for message in messages]


def declare(
    handler: Any, *middleware: Middleware, order: Order = Order.UNORDERED, **options: Any
) -> JetStreamBroker:
    """Return a broker with one actor of short limits on QUEUE."""
    retries = Retries(max_retries=3, min_backoff=20, max_backoff=1_000)
    broker = JetStreamBroker([retries, *middleware], {QUEUE: order})
    defaults = {"topics": [TOPIC], "time_limit": TIME_LIMIT_MS, "ack_wait": ACK_WAIT_MS}
    broker.actor(queue_name=QUEUE, **(defaults | options))(handler)
    return broker


@asynccontextmanager
async def running(
    broker: JetStreamBroker, connection: NatsConnection, **options: Any
) -> AsyncIterator[Worker]:
    """Run a worker; it is stopped at the end."""
    worker = Worker(broker, connection, ports={}, **options)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


@asynccontextmanager
async def processes(
    nats_url: str, *arguments: Iterable[str], module: str = "worker_process"
) -> AsyncIterator[list[Process]]:
    """Run worker processes until each said `ready`; those that are left are killed at the end."""
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"tests.integration.runtime.{module}",
            *one,
            env=os.environ | {"TRADEWIND_NATS_URL": nats_url},
            stdout=PIPE,
        )
        for one in arguments
    ]
    try:
        for process in started:
            assert await line_of(process) == "ready"
        yield started
    finally:
        for process in started:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def line_of(process: Process) -> str:
    """Return the next line a process prints."""
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_SECONDS):
        return (await process.stdout.readline()).decode().strip()


async def answer(event: AnyEvent, ports: object) -> list[AnyEvent]:
    """Answer an event with one following event."""
    return following(event)
