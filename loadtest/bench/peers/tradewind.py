"""Tradewind: a JetStreamBroker actor driven by the Worker, with the stock middleware."""

from collections.abc import Sequence

from loadtest.bench.backlog import delete_consumer, fill_events_stream
from loadtest.bench.meter import Meter
from loadtest.bench.peers import CONCURRENCY, Addresses
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.runtime import JetStreamBroker, Worker
from tradewind.runtime.connection import connect

LABEL = "Tradewind"


async def fill(addresses: Addresses, events: Sequence[AnyEvent]) -> None:
    await fill_events_stream(addresses.nats_url, events)


async def consume(addresses: Addresses, meter: Meter) -> None:
    await delete_consumer(addresses.nats_url, PLANNER_WORKERS.durable)
    broker = JetStreamBroker()

    @broker.actor(queue_name=PLANNER_WORKERS.name, topics=[IntentAccepted.topic])
    async def handle(event: Event[IntentAccepted], ports: None) -> list[AnyEvent]:
        meter.tick()
        return []

    connection = await connect(addresses.nats_url, name="bench-tradewind")
    worker = Worker(broker, connection, ports={}, concurrency=CONCURRENCY)
    await worker.start()
    await meter.finished()
    await worker.stop()
    await connection.close()
