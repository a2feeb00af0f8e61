"""taskiq with taskiq-nats' JetStream pull broker and its stock receiver."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import nats
from nats.js.api import ConsumerConfig
from nats.js.errors import NotFoundError
from taskiq.api import run_receiver_task
from taskiq_nats import PullBasedJetStreamBroker

from loadtest.bench.meter import Meter
from loadtest.bench.peers import CONCURRENCY, Addresses
from tradewind.contracts.envelope import AnyEvent, parse_event

LABEL = "taskiq-nats"
_STREAM = "bench_taskiq"
_SUBJECT = "bench_taskiq"
_DURABLE = "bench-taskiq"
_TASK = "handle"


def _broker(addresses: Addresses) -> PullBasedJetStreamBroker:
    return PullBasedJetStreamBroker(
        addresses.nats_url,
        subject=_SUBJECT,
        stream_name=_STREAM,
        durable=_DURABLE,
        consumer_config=ConsumerConfig(durable_name=_DURABLE, max_ack_pending=1_000),
        pull_consume_batch=CONCURRENCY,
        pull_consume_timeout=5,
    )


async def fill(addresses: Addresses, events: Sequence[AnyEvent]) -> None:
    """Kick one task per event, the event as its argument; starts from an empty stream."""
    async with await nats.connect(addresses.nats_url) as client:
        with suppress(NotFoundError):
            await client.jetstream().delete_stream(_STREAM)
    broker = _broker(addresses)

    @broker.task(task_name=_TASK)
    async def handle(body: str) -> None:
        """Do nothing: the client only needs the name of the task."""

    await broker.startup()
    for start in range(0, len(events), CONCURRENCY):
        batch = events[start : start + CONCURRENCY]
        await asyncio.gather(*(handle.kiq(event.to_bytes().decode()) for event in batch))
    await broker.shutdown()


async def consume(addresses: Addresses, meter: Meter) -> None:
    broker = _broker(addresses)

    @broker.task(task_name=_TASK)
    async def handle(body: str) -> None:
        parse_event(body.encode())
        meter.tick()

    receiver = asyncio.create_task(
        run_receiver_task(broker, max_async_tasks=CONCURRENCY, run_startup=True)
    )
    await meter.finished()
    receiver.cancel()
    with suppress(asyncio.CancelledError):
        await receiver
    await broker.shutdown()
