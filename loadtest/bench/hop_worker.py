"""A Tradewind worker that notes when its handler starts: `python -m loadtest.bench.hop_worker`.

Prints `ready`, then, once it has seen COUNT events, one line of JSON: event id to monotonic
nanoseconds.
"""

import asyncio
import json
import time

import click
import uvloop

from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.runtime import JetStreamBroker, Worker
from tradewind.runtime.connection import connect

DEADLINE_SECONDS = 60


async def _observe(nats_url: str, count: int) -> dict[str, int]:
    started_at: dict[str, int] = {}
    complete = asyncio.Event()
    broker = JetStreamBroker()

    @broker.actor(queue_name=PLANNER_WORKERS.name, topics=[IntentAccepted.topic])
    async def handle(event: Event[IntentAccepted], ports: None) -> list[AnyEvent]:
        started_at.setdefault(event.event_id, time.monotonic_ns())
        if len(started_at) == count:
            complete.set()
        return []

    connection = await connect(nats_url, name="bench-hop")
    worker = Worker(broker, connection, ports={})
    await worker.start()
    print("ready", flush=True)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await complete.wait()
    await worker.stop()
    await connection.close()
    return started_at


@click.command()
@click.option("--nats-url", required=True)
@click.option("--count", type=click.IntRange(1), required=True)
def main(nats_url: str, count: int) -> None:
    """Handle COUNT events and print when each handler started."""
    print(json.dumps(uvloop.run(_observe(nats_url, count))))


if __name__ == "__main__":
    main()
