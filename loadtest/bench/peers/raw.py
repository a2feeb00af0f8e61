"""A bare nats-py pull loop whose events the models parse: the cost of the library, and a yardstick.

It parses without the extension, so that it stays as long as it was when the budgets were set.
"""

from collections.abc import Callable, Sequence

import nats
from nats.js.api import AckPolicy, ConsumerConfig

from loadtest.bench.backlog import delete_consumer, fill_events_stream
from loadtest.bench.meter import Meter
from loadtest.bench.peers import CONCURRENCY, Addresses
from tradewind.contracts.envelope import AnyEvent, parse_by_models
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import subject_filter

LABEL = "raw nats-py loop, parsing"
_DURABLE = "bench-raw"


async def fill(addresses: Addresses, events: Sequence[AnyEvent]) -> None:
    await fill_events_stream(addresses.nats_url, events)


async def consume(addresses: Addresses, meter: Meter) -> None:
    await consume_with(addresses, meter, parse_by_models)


async def consume_with(
    addresses: Addresses, meter: Meter, read: Callable[[bytes], object] | None
) -> None:
    """Fetch in batches, read each message and acknowledge it."""
    await delete_consumer(addresses.nats_url, _DURABLE)
    client = await nats.connect(addresses.nats_url, name=_DURABLE)
    subscription = await client.jetstream().pull_subscribe(
        subject_filter(IntentAccepted.topic),
        durable=_DURABLE,
        stream=EVENTS_STREAM,
        config=ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, max_ack_pending=1_000),
    )
    handled = 0
    while handled < meter.backlog:
        for message in await subscription.fetch(CONCURRENCY, timeout=5):
            if read:
                read(message.data)
            meter.tick()
            await message.ack()
            handled += 1
    await client.close()
