"""Fills the EVENTS stream, and rewinds a consumer to its beginning."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import batched
from typing import Final

import nats
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.streams import EVENTS_STREAM, MESSAGE_ID_HEADER
from tradewind.runtime.connection import connect
from tradewind.runtime.streams import declare_streams

_IN_FLIGHT: Final = 256


async def declare(nats_url: str, partitions: int = 0) -> None:
    """Create the platform's streams."""
    async with await connect(nats_url, name="bench-declare") as connection:
        await declare_streams(connection, partitions=partitions)


async def fill_events_stream(nats_url: str, events: Sequence[AnyEvent]) -> None:
    """Declare the streams and store `events`, unless the stream holds that many already."""
    await declare(nats_url)
    async with await nats.connect(nats_url, name="bench-fill") as client:
        info = await client.jetstream().stream_info(EVENTS_STREAM)
        if info.state.messages < len(events):
            await publish_all(client, events)


async def publish_all(client: Client, events: Iterable[AnyEvent]) -> None:
    """Publish events in order, `_IN_FLIGHT` at a time, and wait for every acknowledgement."""
    for batch in batched(events, _IN_FLIGHT):
        await asyncio.gather(*(publish(client, event) for event in batch))


async def publish(client: Client, event: AnyEvent) -> None:
    """Publish one event under its id and wait until it is stored."""
    await client.jetstream().publish(
        event.subject, event.to_bytes(), headers={MESSAGE_ID_HEADER: event.event_id}
    )


async def delete_consumer(nats_url: str, durable: str) -> None:
    """Delete the durable, so that it starts at the first event again."""
    async with await nats.connect(nats_url, name="bench-rewind") as client:
        with suppress(NotFoundError):
            await client.jetstream().delete_consumer(EVENTS_STREAM, durable)
