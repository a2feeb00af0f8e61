"""Identifies the stream of events: after the loss of its store a new one counts from 1 again."""

from datetime import datetime
from typing import Final

from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.append.incarnation import StreamPosition
from tradewind.runtime import NatsConnection
from tradewind.runtime.ack_subject import AckSubject

MS_PER_SECOND: Final = 1_000


class StreamIdentity:
    """Knows the stream by its time of creation, which is read again before anything is pulled."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self.created = ""
        self._created_unix_ms = 0

    def reached(self, sequence: int) -> StreamPosition:
        """Return a sequence of this stream as a position."""
        return StreamPosition(self.created, sequence)

    def sequence_of(self, delivery: AckSubject) -> int:
        """Return the sequence in this stream; 0 of a message that was stored before there was it.

        What was held while the stream was replaced is of the one before, whose sequences say
        nothing about this one. Brokers whose clocks differ may have the first messages look older;
        the next ones tell how far the stream was read.
        """
        is_of_another = delivery.stored_unix_ms < self._created_unix_ms
        return 0 if is_of_another else delivery.stream_sequence

    async def look_up(self) -> None:
        """Read the time of creation from the broker; an error of NATS is passed on."""
        info = await self._connection.jetstream.stream_info(EVENTS_STREAM)
        assert info.created is not None
        self.see(info.created)

    def see(self, created: datetime) -> None:
        """Go on with the stream that was created then."""
        self.created = created.isoformat()
        self._created_unix_ms = int(created.timestamp() * MS_PER_SECOND)
