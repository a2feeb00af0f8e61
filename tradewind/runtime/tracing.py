"""Carries the trace context of events through this process, and tells spans where that is wanted.

Every message has a `traceparent`. Its ids are derived from the envelope; what comes in with it is
only whether its trace is recorded. Spans are told when TRADEWIND_TRACING says so: that of an event
lasts from when its cause arrived until it is stored, that of handling a message is beside it.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from tradewind.contracts.trace_context import (
    TRACEPARENT_HEADER,
    TraceContext,
    is_in_share,
    parse_traceparent,
    span_id_of,
    trace_id_of,
    traceparent_of,
)
from tradewind.errors import ConfigurationError
from tradewind.settings import TracingSettings

NOT_SAMPLED: Final = "-00"
SpanKind = Literal["consumer", "producer"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work, ready to be exported. Times are Unix nanoseconds."""

    name: str
    kind: SpanKind
    context: TraceContext
    parent_span_id: str | None
    start_ns: int
    end_ns: int
    attributes: Mapping[str, str]
    links: tuple[TraceContext, ...] = ()
    error: str | None = None


class SpanSink(Protocol):
    """Takes spans and exports them some time; it never blocks and never raises."""

    def emit(self, span: Span) -> None: ...

    def close(self) -> None: ...


class TracedEvent(Protocol):
    """What a span needs to know of an event."""

    @property
    def event_id(self) -> str: ...
    @property
    def correlation_id(self) -> str: ...
    @property
    def causation_id(self) -> str: ...
    @property
    def topic(self) -> str: ...


@dataclass(slots=True)
class Handling:
    """A message being handled whose trace is recorded."""

    started_ns: int = field(default_factory=time.time_ns)
    context: TraceContext | None = None
    """The span of handling it, once it is known which event it is."""
    token: "Token[Handling | None] | None" = None

    def begin(self, event: TracedEvent, queue_group: str) -> None:
        """Note what is handled, and by whom: several queue groups may handle one event."""
        digest = hashlib.sha256(f"{event.event_id}\n{queue_group}".encode()).hexdigest()
        self.context = TraceContext(trace_id_of(event.correlation_id), digest[:16], True)


@dataclass(slots=True)
class _Tracing:
    """Where spans go, and which share of the traces that begin here is recorded."""

    sink: SpanSink | None = None
    share: float = 0.0


_TRACING: Final = _Tracing()
_HANDLING: Final[ContextVar[Handling | None]] = ContextVar("handling", default=None)
client_context: Final[ContextVar[TraceContext | None]] = ContextVar("client_context", default=None)
"""What the client of this request said of a trace of its own. Nothing is decided by it."""


def traceparent(correlation_id: str, event_id: str) -> str:
    """Return the header of trace context that the message of an event has."""
    is_sampled = _HANDLING.get() is not None or _begins_recorded(correlation_id)
    return traceparent_of(correlation_id, event_id, is_sampled=is_sampled)


def _begins_recorded(correlation_id: str) -> bool:
    sink, share = _TRACING.sink, _TRACING.share
    return sink is not None and is_in_share(trace_id_of(correlation_id), share)


def begin_handling(headers: Mapping[str, str] | None) -> Handling | None:
    """Have what this task publishes follow the message with these headers, until `end_handling`.

    Return None for a message whose trace is not recorded, as most are.
    """
    text = headers.get(TRACEPARENT_HEADER) if headers else None
    if text is None or text.endswith(NOT_SAMPLED):
        return None
    came = parse_traceparent(text)
    if came is None or not came.is_sampled:
        return None
    handled = Handling()
    handled.token = _HANDLING.set(handled)
    return handled


def end_handling(handled: Handling) -> None:
    """Have what this task publishes follow nothing any more."""
    assert handled.token is not None
    _HANDLING.reset(handled.token)


def tell_handled(
    handled: Handling, event: TracedEvent, actor: str, queue_group: str, error: str | None
) -> None:
    """Export the span of a message that has been handled."""
    if _TRACING.sink is None or handled.context is None:
        return
    _TRACING.sink.emit(
        Span(
            f"{actor} {event.topic}",
            "consumer",
            handled.context,
            span_id_of(event.event_id),
            handled.started_ns,
            time.time_ns(),
            _attributes(event) | {"messaging.consumer.group.name": queue_group},
            error=error,
        )
    )


def tell_published(events: Iterable[TracedEvent], started_ns: int) -> None:
    """Export the spans of events that have been stored."""
    sink, handled = _TRACING.sink, _HANDLING.get()
    if sink is None:
        return
    ended_ns = time.time_ns()
    for event in events:
        if handled is not None or _begins_recorded(event.correlation_id):
            sink.emit(_event_span(event, handled, started_ns, ended_ns))


def is_told() -> bool:
    """Return whether spans are exported at all."""
    return _TRACING.sink is not None


def _event_span(
    event: TracedEvent, handled: Handling | None, started_ns: int, ended_ns: int
) -> Span:
    work = handled.context if handled is not None else client_context.get()
    return Span(
        event.topic,
        "producer",
        TraceContext(trace_id_of(event.correlation_id), span_id_of(event.event_id), True),
        parent_span_id(event),
        started_ns if handled is None else handled.started_ns,
        ended_ns,
        _attributes(event),
        () if work is None else (work,),
    )


def parent_span_id(event: TracedEvent) -> str | None:
    """Return the span of the cause; None for the first event of a history.

    The cause of a first event may be one of another history, and so of another trace.
    """
    is_first = event.causation_id == event.correlation_id
    return None if is_first else span_id_of(event.causation_id)


def _attributes(event: TracedEvent) -> dict[str, str]:
    return {
        "messaging.system": "nats",
        "messaging.destination.name": event.topic,
        "messaging.message.id": event.event_id,
        "messaging.message.conversation_id": event.correlation_id,
    }


@contextmanager
def traced(settings: TracingSettings, service: str) -> Iterator[None]:
    """Export spans while a block runs, if the settings say so.

    Only then is anything of OpenTelemetry imported. ConfigurationError when it is not installed.
    """
    if settings.tracing == "off":
        yield
        return
    sink = _open_sink(settings, service)
    before = (_TRACING.sink, _TRACING.share)
    _TRACING.sink, _TRACING.share = sink, settings.tracing_share
    try:
        yield
    finally:
        _TRACING.sink, _TRACING.share = before
        sink.close()


def _open_sink(settings: TracingSettings, service: str) -> SpanSink:
    try:
        from tradewind.runtime.otlp import OtlpSink
    except ImportError as error:
        raise ConfigurationError(
            f"TRADEWIND_TRACING is otlp, and {error.name} is not installed: "
            "`pip install tradewind[tracing]`"
        ) from error
    return OtlpSink(settings.tracing_endpoint, service)
