"""A stored message as clients get it: decoded and encoded once, however many clients there are."""

from dataclasses import dataclass
from functools import cached_property

from tradewind.contracts.topics import published_subject

from gateway.metrics import STREAM_SKIPPED
from gateway.ports import StoredMessage
from gateway.stream.framing import text_frame
from gateway.stream.topic_patterns import MARKET_DOMAIN
from tradewind.contracts.envelope import InvalidEvent, parse_event


@dataclass(frozen=True)
class Frame:
    """An event's frame: the envelope and `streamSequence`, as JSON text."""

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
        """Whether a slow client may miss it: the next one replaces what it says."""
        return self.topic.startswith(f"{MARKET_DOMAIN}.")


class StreamEvent:
    """A message of the stream; `frame` is made when first asked for, None for what is no event."""

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
