"""One delivered message, as dramatiq's middleware sees it."""

from functools import cached_property
from typing import Any, Protocol

from dramatiq.broker import MessageProxy
from dramatiq.message import Message

from tradewind.contracts.envelope import AnyEvent
from tradewind.runtime.actor import EventActor

_NANOSECONDS_PER_MS = 1_000_000


class Received(Protocol):
    """What came from a broker; nats-py's Msg is one."""

    @property
    def subject(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def reply(self) -> str: ...


class Delivery(MessageProxy):
    """Carries the event and what shall become of the message.

    The dramatiq.Message behind it is built when a middleware asks for it: most never do.
    """

    def __init__(self, actor: EventActor, received: Received) -> None:
        self.actor = actor
        self.received = received
        self.event: AnyEvent | None = None
        self.failed = False
        self.retry_delay_ms: int | None = None
        self.failures_before: int | None = None
        self._exception: BaseException | None = None

    @property
    def exception(self) -> BaseException | None:
        """What the handler or a guard raised."""
        return self._exception

    @cached_property
    def _acknowledgement(self) -> list[str]:
        """The last five tokens of `$JS.ACK...`: deliveries, stream and consumer sequence, time.

        Counted from the left of the short form; the long one has domain and account in front.
        """
        tokens = self.received.reply.split(".")
        return tokens[4:9] if len(tokens) == 9 else tokens[6:11]

    @property
    def attempts(self) -> int:
        """How often the server has delivered this message, this time included."""
        return int(self._acknowledgement[0])

    @property
    def stream_sequence(self) -> int:
        """Where the message stands in its stream."""
        return int(self._acknowledgement[1])

    @property
    def message_key(self) -> str:
        """Names the message within this process, across its deliveries."""
        return f"{self.actor.queue_name}-{self.stream_sequence}"

    @property
    def stored_unix_ms(self) -> int:
        """When the server stored the message."""
        return int(self._acknowledgement[3]) // _NANOSECONDS_PER_MS

    @cached_property
    def _message(self) -> Message[Any]:  # type: ignore[override]
        before = self.failures_before
        return Message(
            queue_name=self.actor.queue_name,
            actor_name=self.actor.actor_name,
            args=(self.event,),
            kwargs={},
            options={"retries": self.attempts - 1 if before is None else before},
            message_id=self.message_key,
            message_timestamp=self.stored_unix_ms,
        )
