"""Which stream the batches come from: one whose store was lost is made anew and counts from 1."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.append.incarnation import StreamPosition
from tradewind.runtime import NatsConnection


class StreamIdentity:
    """The stream's time of creation, looked up again whenever the broker comes back."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self.created = ""

    def reached(self, sequence: int) -> StreamPosition:
        """Return a place in the stream."""
        return StreamPosition(self.created, sequence)

    async def look_up(self) -> None:
        """Ask the broker. Raises what NATS raises when it does not answer."""
        info = await self._connection.jetstream.stream_info(EVENTS_STREAM)
        assert info.created is not None
        self.created = info.created.isoformat()


@asynccontextmanager
async def watched_stream(connection: NatsConnection) -> AsyncIterator[StreamIdentity]:
    """Yield the identity of the stream of events, looked up at every reconnection."""
    identity: Final = StreamIdentity(connection)
    await identity.look_up()
    connection.reconnect_hooks.append(identity.look_up)
    try:
        yield identity
    finally:
        connection.reconnect_hooks.remove(identity.look_up)
