"""Identifies the stream of events: after the loss of its store a new one counts from 1 again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.append.incarnation import StreamPosition
from tradewind.runtime import NatsConnection


class StreamIdentity:
    """Knows the stream by its time of creation, which is read again at every reconnection."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self.created = ""

    def reached(self, sequence: int) -> StreamPosition:
        """Return a sequence of this stream as a position."""
        return StreamPosition(self.created, sequence)

    async def look_up(self) -> None:
        """Read the time of creation from the broker; an error of NATS is passed on."""
        info = await self._connection.jetstream.stream_info(EVENTS_STREAM)
        assert info.created is not None
        self.created = info.created.isoformat()


@asynccontextmanager
async def watched_stream(connection: NatsConnection) -> AsyncIterator[StreamIdentity]:
    """Yield the identity of the stream of events, kept up to date while the block runs."""
    identity: Final = StreamIdentity(connection)
    await identity.look_up()
    connection.reconnect_hooks.append(identity.look_up)
    try:
        yield identity
    finally:
        connection.reconnect_hooks.remove(identity.look_up)
