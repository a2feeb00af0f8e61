"""Fills the EVENTS stream, and rewinds a consumer to its beginning."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import batched

import nats
from nats.js.errors import NotFoundError

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.names import EVENTS_STREAM, MESSAGE_ID_HEADER
from tradewind.runtime.connection import connect
from tradewind.runtime.streams import declare_streams

_IN_FLIGHT = 256


async def fill_events_stream(nats_url: str, events: Sequence[AnyEvent]) -> None:
    """Declare the streams and store `events`, unless the stream holds that many already."""
    connection = await connect(nats_url, name="bench-fill")
    await declare_streams(connection)
    await connection.close()
    client = await nats.connect(nats_url, name="bench-fill")
    jetstream = client.jetstream()
    info = await jetstream.stream_info(EVENTS_STREAM)
    if info.state.messages < len(events):
        await publish_all(client, events)
    await client.close()


async def publish_all(client: nats.NATS, events: Iterable[AnyEvent]) -> None:
    """Publish events in order, `_IN_FLIGHT` at a time, and wait for every acknowledgement."""
    jetstream = client.jetstream()
    for batch in batched(events, _IN_FLIGHT, strict=False):
        await asyncio.gather(
            *(
                jetstream.publish(
                    event.subject, event.to_bytes(), headers={MESSAGE_ID_HEADER: event.event_id}
                )
                for event in batch
            )
        )


async def delete_consumer(nats_url: str, durable: str) -> None:
    """Forget how far `durable` has come, so that it starts at the first event again."""
    client = await nats.connect(nats_url, name="bench-rewind")
    try:
        await client.jetstream().delete_consumer(EVENTS_STREAM, durable)
    except NotFoundError:
        pass
    finally:
        await client.close()
