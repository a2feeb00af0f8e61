"""Makes the frame of a stored message, once for all clients."""

from dataclasses import dataclass
from functools import cached_property

from gateway.metrics import STREAM_SKIPPED
from gateway.ports import StoredMessage
from gateway.stream.framing import text_frame
from gateway.stream.topic_patterns import MARKET_DOMAIN
from tradewind.contracts.envelope import InvalidEvent, parse_event
from tradewind.contracts.subjects import published_subject


@dataclass(frozen=True)
class Frame:
    """The text clients get of an event: the envelope and `streamSequence`, as JSON."""

    sequence: int
    topic: str
    correlation_id: str
    text: str

    @cached_property
    def wire(self) -> bytes:
        """The text as a WebSocket frame."""
        return text_frame(self.text.encode())

    @cached_property
    def droppable(self) -> bool:
        """Whether a slow client may miss the frame, because the next one replaces it."""
        return self.topic.startswith(f"{MARKET_DOMAIN}.")


class StreamEvent:
    """A message of the stream; its frame is made when it is first asked for."""

    def __init__(self, message: StoredMessage) -> None:
        self.sequence = message.sequence
        self.size_bytes = len(message.data)
        self._message = message

    @cached_property
    def frame(self) -> Frame | None:
        """The frame; None when bytes or subject are not those of an event."""
        message = self._message
        try:
            event = parse_event(message.data)
        except InvalidEvent:
            STREAM_SKIPPED.inc()
            return None
        if event.subject != published_subject(message.subject):
            STREAM_SKIPPED.inc()
            return None
        text = f'{event.to_bytes().decode()[:-1]},"streamSequence":{message.sequence}}}'
        return Frame(message.sequence, event.topic, event.correlation_id, text)
