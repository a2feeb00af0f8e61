"""A worker of one queue group, ordered or not: `python -m loadtest.bench.ordering_worker`.

Prints `ready`; after SIGTERM one line of JSON: event id, start and end of its handler in monotonic
nanoseconds. A handler waits up to HANDLER_SECONDS, as one with a transaction would, and answers.
"""

import asyncio
import json
import random
import signal
import time
from typing import Final

import click
import uvloop

from loadtest.bench.events import START
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.intents.payloads import IntentAccepted, IntentExpired
from tradewind.contracts.ordering import Order
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.runtime import JetStreamBroker, Worker
from tradewind.runtime.connection import connect

GROUP: Final = PLANNER_WORKERS.name
HANDLER_SECONDS: Final = 0.004


async def _observe(nats_url: str, order: Order, seed: int) -> list[tuple[str, int, int]]:
    entropy = random.Random(seed)
    handled: list[tuple[str, int, int]] = []
    broker = JetStreamBroker(orders={GROUP: order})

    @broker.actor(queue_name=GROUP, topics=[IntentAccepted.topic])
    async def handle(event: Event[IntentAccepted], ports: None) -> list[AnyEvent]:
        started_at = time.monotonic_ns()
        await asyncio.sleep(entropy.uniform(0, HANDLER_SECONDS))
        handled.append((event.event_id, started_at, time.monotonic_ns()))
        answer = IntentExpired(intent_id=event.payload.intent_id, expires_at=START)
        return next_events(event, [answer], producer="bench", at=event.timestamp)

    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with await connect(nats_url, name="bench-ordering") as connection:
        worker = Worker(broker, connection, ports={})
        await worker.start()
        print("ready", flush=True)
        await stopped.wait()
        await worker.stop()
    return handled


@click.command()
@click.option("--nats-url", required=True)
@click.option("--order", type=click.Choice([order.value for order in Order]), required=True)
@click.option("--seed", type=int, required=True)
def main(nats_url: str, order: str, seed: int) -> None:
    """Handle events until SIGTERM, then print when each was handled."""
    print(json.dumps(uvloop.run(_observe(nats_url, Order(order), seed))))


if __name__ == "__main__":
    main()
