"""A batch on its way from the stream into the ledger."""

from dataclasses import dataclass, field

from nats.aio.msg import Msg

from tradewind.ledger.append.incoming import Incoming, Rejected, read_message
from tradewind.runtime.ack_subject import parse_ack_subject


@dataclass(slots=True)
class Batch:
    """Messages and what was read in them."""

    messages: list[Msg]
    taken_at: float
    """Clock of the event loop, seconds."""
    incoming: list[Incoming] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    hinted: list[Incoming] = field(default_factory=list)
    """Events Redis says are committed."""
    stream_sequence: int = 0
    """The last place in the stream."""

    def set_aside(self, done: set[int]) -> None:
        """Move the events at these places to `hinted`."""
        if done:
            self.hinted = [one for place, one in enumerate(self.incoming) if place in done]
            self.incoming = [one for place, one in enumerate(self.incoming) if place not in done]


def read_batch(messages: list[Msg], taken_at: float) -> Batch:
    """Return the events in the messages, and those that are none."""
    batch = Batch(messages, taken_at)
    for message in messages:
        place = parse_ack_subject(message.reply).stream_sequence
        batch.stream_sequence = max(batch.stream_sequence, place)
        read = read_message(message.subject, place, message.data)
        if isinstance(read, Rejected):
            batch.rejected.append(read)
        else:
            batch.incoming.append(read)
    return batch
