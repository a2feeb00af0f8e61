"""An actor is a dramatiq.Actor around a coroutine that takes an event and returns events."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

import dramatiq
from pydantic import ValidationError

from tradewind.contracts.envelope import (
    AnyEvent,
    Event,
    InvalidEvent,
    parse_by_models,
    read_canonical,
)
from tradewind.contracts.registry import PAYLOADS
from tradewind.contracts.subjects import published_subject
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.runtime.decisions import Decision, KeptEvent

DEFAULT_TIME_LIMIT_MS = 30_000
ACK_MARGIN_MS = 2_000

Published = Sequence[AnyEvent | KeptEvent]
Handler = Callable[..., Awaitable[Published | None]]
OnExhausted = Callable[[AnyEvent, Exception, datetime], Sequence[AnyEvent]]
KeepEnding = Callable[[Any, Sequence[AnyEvent], Any], Awaitable[Published]]
TellKept = Callable[[Any, Decision], Decision]


class TakesEvents(TypeError):
    """Actors take events, so dramatiq's send() and pipelines have no meaning here.

    Publish an event of one of the actor's topics, or return it from a handler.
    """

    def __str__(self) -> str:
        return f"{super().__str__()}: publish an event; send() and pipelines have no meaning here"


class EventActor(dramatiq.Actor[..., Any]):
    """A handler with its topics and limits.

    `await actor(event, ports)` calls the coroutine directly. Its options beside dramatiq's own are
    `topics`, `time_limit` and `ack_wait` (ms), `on_exhausted`, `concurrency`, `waits`,
    `keeps_decision`, `decides_first`, `tell_kept`, `keep_ending`, `long_running` and `takes_body`.
    `waits` is for a handler that raises NotYet: its deliveries are then not counted as failures.
    `keeps_decision` is for one whose inputs change between two deliveries: its first decision is
    kept before it is published, and every redelivery publishes that one. `decides_first` is for one
    that may run in vain: what comes for the first time is decided without asking whether it is
    kept, as keeping tells that, too. `tell_kept` is for one that tells otherwise what an earlier
    release kept: it is given the event and what is kept, and returns what is published. An actor
    that keeps its decisions itself, with what it decides on, returns what it kept; `keep_ending`
    keeps the events of `on_exhausted` in the same place: it is given the event, these and the
    ports, and returns what is kept. `long_running` allows a time limit beyond the ack wait: its
    messages are reported in progress as long as the process lives, so that one of a dead process
    comes again soon. `takes_body` is for one that holds an event against the ledger, which records
    it by the bytes it came in: they are its third argument.
    """

    def __init__(self, fn: Handler, **kwargs: Any) -> None:
        if not inspect.iscoroutinefunction(fn):
            raise TypeError(f"{fn.__qualname__} must be `async def`: it runs on the event loop")
        self.coroutine: Handler = fn
        options = kwargs["options"]
        self.topics: tuple[str, ...] = tuple(options.get("topics", ()))
        self._models = {topic: _event_model(topic) for topic in self.topics}
        self.time_limit_ms: int = options.get("time_limit", DEFAULT_TIME_LIMIT_MS)
        self.ack_wait_ms: int = options.get("ack_wait", self.time_limit_ms + ACK_MARGIN_MS)
        self.on_exhausted: OnExhausted | None = options.get("on_exhausted")
        self.keep_ending: KeepEnding | None = options.get("keep_ending")
        self.waits: bool = options.get("waits", False)
        self.keeps_decision: bool = options.get("keeps_decision", False)
        self.decides_first: bool = options.get("decides_first", False)
        self.tell_kept: TellKept | None = options.get("tell_kept")
        self.takes_body: bool = options.get("takes_body", False)
        if not self.topics:
            raise ValueError(f"{fn.__qualname__}: `topics` names what the actor takes")
        is_long = options.get("long_running", False)
        if self.ack_wait_ms <= self.time_limit_ms and not is_long:
            raise ValueError(f"{fn.__qualname__}: ack_wait must exceed time_limit")
        super().__init__(fn, **kwargs)

    def decode(self, subject: str, data: bytes) -> AnyEvent:
        """Return the event in a message; InvalidEvent when bytes, version or subject are wrong.

        `subject` is the one the message is stored under, with or without partitions.
        """
        event = read_canonical(data) or self._decode_by_models(subject, data)
        if event.version != event.payload.version:
            raise InvalidEvent(QuarantineReason.UNKNOWN_VERSION, f"{event.topic} v{event.version}")
        if event.subject != published_subject(subject):
            raise InvalidEvent(
                QuarantineReason.SUBJECT_MISMATCH, f"the event belongs on {event.subject}"
            )
        return event

    def handle(
        self, event: AnyEvent | None, ports: object, body: bytes
    ) -> Awaitable[Published | None]:
        """Return the handler at work on an event that came in these bytes."""
        if self.takes_body:
            return self.coroutine(event, ports, body)
        return self.coroutine(event, ports)

    def _decode_by_models(self, subject: str, data: bytes) -> AnyEvent:
        model = self._models.get(topic_of(subject))
        try:
            return model.model_validate_json(data) if model else parse_by_models(data)
        except ValidationError:
            return parse_by_models(data)  # it raises InvalidEvent, with the reason

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the handler directly, without broker and middleware."""
        return self.coroutine(*args, **kwargs)

    def message_with_options(self, *_: Any, **__: Any) -> NoReturn:
        """Raise TakesEvents, because only a published event reaches an actor here."""
        raise TakesEvents(f"{self.actor_name} takes {', '.join(self.topics)}")

    message = send = send_with_options = message_with_options


@lru_cache(maxsize=4096)
def topic_of(subject: str) -> str:
    """Return the topic in a subject, which is its first two tokens."""
    domain, _, rest = subject.partition(".")
    return f"{domain}.{rest.partition('.')[0]}"


def _event_model(topic: str) -> type[AnyEvent]:
    if topic not in PAYLOADS:
        raise ValueError(f"unknown topic {topic!r}")
    return Event[PAYLOADS[topic]]  # type: ignore[valid-type]
