"""FastStream on a durable JetStream pull consumer."""

from collections.abc import Sequence

from faststream import FastStream
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub

from loadtest.bench.backlog import delete_consumer, fill_events_stream
from loadtest.bench.meter import Meter
from loadtest.bench.peers import CONCURRENCY, Addresses
from tradewind.contracts.envelope import AnyEvent, Event, parse_event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import subject_filter

LABEL = "FastStream, pull"
_DURABLE = "bench-faststream-pull"


async def fill(addresses: Addresses, events: Sequence[AnyEvent]) -> None:
    await fill_events_stream(addresses.nats_url, events)


async def consume(addresses: Addresses, meter: Meter) -> None:
    await delete_consumer(addresses.nats_url, _DURABLE)
    broker = NatsBroker(addresses.nats_url, decoder=read, logger=None)

    @broker.subscriber(
        subject_filter(IntentAccepted.topic),
        stream=JStream(EVENTS_STREAM, declare=False),
        durable=_DURABLE,
        pull_sub=PullSub(batch_size=CONCURRENCY),
    )
    async def handle(event: Event[IntentAccepted]) -> None:
        meter.tick()

    await run_until_done(broker, meter)


async def read(message: NatsMessage) -> AnyEvent:
    """Turn the body into an event in FastStream's decoding step."""
    return parse_event(message.body)


async def run_until_done(broker: NatsBroker, meter: Meter) -> None:
    """Run the application until the meter has seen the whole backlog."""
    app = FastStream(broker, logger=None)
    await app.start()
    await meter.finished()
    await app.stop()
