"""FastStream on a durable JetStream push consumer with a pool of handlers."""

from faststream.nats import JStream, NatsBroker

from loadtest.bench.backlog import delete_consumer
from loadtest.bench.meter import Meter
from loadtest.bench.peers import CONCURRENCY, Addresses
from loadtest.bench.peers.faststream_pull import fill, read, run_until_done
from tradewind.contracts.envelope import Event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import subject_filter

__all__ = ["LABEL", "consume", "fill"]

LABEL = "FastStream, push"
_DURABLE = "bench-faststream-push"


async def consume(addresses: Addresses, meter: Meter) -> None:
    await delete_consumer(addresses.nats_url, _DURABLE)
    broker = NatsBroker(addresses.nats_url, decoder=read, logger=None)

    @broker.subscriber(
        subject_filter(IntentAccepted.topic),
        stream=JStream(EVENTS_STREAM, declare=False),
        durable=_DURABLE,
        max_workers=CONCURRENCY,
    )
    async def handle(event: Event[IntentAccepted]) -> None:
        meter.tick()

    await run_until_done(broker, meter)
