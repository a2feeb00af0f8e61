"""One batch of messages, from the stream to the ledger."""

from dataclasses import dataclass, field

from nats.aio.msg import Msg

from actors.coordinator.stream_identity import StreamIdentity
from tradewind.contracts.envelope import read_delivered
from tradewind.contracts.streams import FENCE_HEADER
from tradewind.ledger.append.incarnation import UNKNOWN_POSITION, StreamPosition
from tradewind.ledger.append.incoming import Incoming, Rejected, read_message
from tradewind.runtime.ack_subject import AckSubject, parse_ack_subject


@dataclass(slots=True)
class Batch:
    """Messages and the events read from them."""

    messages: list[Msg]
    taken_at: float
    """When the batch was taken, in seconds of the event loop's clock."""
    incoming: list[Incoming] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    hinted: list[Incoming] = field(default_factory=list)
    """Events that a hint in Redis marks as committed."""
    is_redelivered: bool = False
    """Whether a message was delivered before: its event may be recorded."""
    reached: StreamPosition = UNKNOWN_POSITION
    """Its last message, in the stream that there was when it was read."""

    def set_aside(self, done: set[int]) -> None:
        """Move the events at these indexes to `hinted`."""
        if done:
            self.hinted = [one for place, one in enumerate(self.incoming) if place in done]
            self.incoming = [one for place, one in enumerate(self.incoming) if place not in done]


def read_batch(messages: list[Msg], taken_at: float, stream: StreamIdentity) -> Batch:
    """Return the batch, with the messages that hold no event as rejected."""
    batch, last = Batch(messages, taken_at), 0
    for message, known in zip(messages, read_delivered(messages), strict=True):
        headers = message.headers
        token = headers.get(FENCE_HEADER, "") if headers else ""
        if known is None:
            delivery = parse_ack_subject(message.reply)
            read = read_message(message.subject, delivery.stream_sequence, message.data, token)
        else:
            event, digest, subject, numbers = known
            delivery, body = AckSubject._make(numbers), message.data
            read = Incoming(event, body, digest, body, subject, delivery.stream_sequence, token)
        last = max(last, stream.sequence_of(delivery))
        batch.is_redelivered |= delivery.is_redelivery
        if isinstance(read, Rejected):
            batch.rejected.append(read)
        else:
            batch.incoming.append(read)
    batch.reached = stream.reached(last)
    return batch
