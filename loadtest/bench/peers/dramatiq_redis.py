"""Dramatiq on Redis with its stock broker, middleware and threaded worker."""

from collections.abc import Sequence

import dramatiq
import redis
from dramatiq import Actor, Broker, Worker
from dramatiq.brokers.redis import RedisBroker

from loadtest.bench.meter import Meter
from loadtest.bench.peers import Addresses
from tradewind.contracts.envelope import AnyEvent, parse_event

LABEL = "Dramatiq on Redis"
_NAMESPACE = "bench_dramatiq"
_THREADS = 8
"""The default of the `dramatiq` command."""


def _declare(addresses: Addresses, meter: Meter | None) -> tuple[Broker, Actor[[str], None]]:
    broker: Broker = RedisBroker(url=addresses.redis_url, namespace=_NAMESPACE)  # type: ignore[no-untyped-call]

    @dramatiq.actor(broker=broker, queue_name="bench")
    def handle(body: str) -> None:
        parse_event(body.encode())
        if meter:
            meter.tick()

    return broker, handle


async def fill(addresses: Addresses, events: Sequence[AnyEvent]) -> None:
    """Enqueue one message per event; Redis queues are emptied by reading, so always anew."""
    redis.Redis.from_url(addresses.redis_url).flushall()
    _, actor = _declare(addresses, None)
    for event in events:
        actor.send(event.to_bytes().decode())


async def consume(addresses: Addresses, meter: Meter) -> None:
    broker, _ = _declare(addresses, meter)
    worker = Worker(broker, worker_threads=_THREADS)
    worker.start()
    await meter.finished()
    worker.stop()
    broker.close()
