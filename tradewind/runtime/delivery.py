"""One delivery of a message, in the form dramatiq's middleware expects."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

from dramatiq.broker import MessageProxy
from dramatiq.message import Message

from tradewind.contracts.envelope import AnyEvent
from tradewind.runtime.ack_subject import AckSubject, parse_ack_subject
from tradewind.runtime.actor import EventActor


class Received(Protocol):
    """A message as a broker delivers it; nats-py's Msg is one."""

    @property
    def subject(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def reply(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str] | None: ...


class Delivery(MessageProxy):
    """Carries the event, and what the middleware decided to do with the message.

    It builds the dramatiq.Message only when a middleware asks for it, which is rare.
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
        """The error of the handler, or of the middleware that skipped the message."""
        return self._exception

    @cached_property
    def _acknowledgement(self) -> AckSubject:
        return parse_ack_subject(self.received.reply)

    @property
    def attempts(self) -> int:
        """How often the server has delivered this message, including this time."""
        return self._acknowledgement.deliveries

    @property
    def stream_sequence(self) -> int:
        """The sequence of the message in its stream."""
        return self._acknowledgement.stream_sequence

    @property
    def message_key(self) -> str:
        """Identifies the message within this process; it is the same in all its deliveries."""
        return f"{self.actor.queue_name}-{self.stream_sequence}"

    @property
    def stored_unix_ms(self) -> int:
        """When the server stored the message, in milliseconds."""
        return self._acknowledgement.stored_unix_ms

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
