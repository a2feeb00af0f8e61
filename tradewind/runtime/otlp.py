"""Exports spans by the OpenTelemetry SDK, from a thread; it is imported only when it is wanted.

Spans are handed to the SDK's exporter as they are. Its tracer would give them ids of its own, and
costs more.
"""

import threading
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from tradewind.contracts.trace_context import TraceContext
from tradewind.runtime.tracing import Span

TRACES_PATH: Final = "/v1/traces"
EXPORT_TIMEOUT_SECONDS: Final = 5
CLOSE_SECONDS: Final = 3.0
"""How long a process that ends waits for its last spans to be taken."""
KINDS: Final = {"consumer": SpanKind.CONSUMER, "producer": SpanKind.PRODUCER}
_SCOPE: Final = InstrumentationScope("tradewind")
_OK: Final = Status(StatusCode.UNSET)


class OtlpSink:
    """Sends spans to an OTLP/HTTP collector; while it is away they are dropped."""

    def __init__(self, endpoint: str, service: str) -> None:
        self._resource = Resource.create({SERVICE_NAME: f"tradewind-{service}"})
        exporter = OTLPSpanExporter(
            endpoint=f"{endpoint.rstrip('/')}{TRACES_PATH}", timeout=EXPORT_TIMEOUT_SECONDS
        )
        self._processor = BatchSpanProcessor(exporter)

    def emit(self, span: Span) -> None:
        """Put a span into the next batch."""
        context = _context(span.context)
        parent = (
            None
            if span.parent_span_id is None
            else SpanContext(context.trace_id, int(span.parent_span_id, 16), True)
        )
        self._processor.on_end(
            ReadableSpan(
                span.name,
                context=context,
                parent=parent,
                resource=self._resource,
                attributes=span.attributes,
                links=[Link(_context(one)) for one in span.links],
                kind=KINDS[span.kind],
                status=_OK if span.error is None else Status(StatusCode.ERROR, span.error),
                start_time=span.start_ns,
                end_time=span.end_ns,
                instrumentation_scope=_SCOPE,
            )
        )

    def close(self) -> None:
        """Send what is left, but wait for a collector that is away no longer than for others."""
        closing = threading.Thread(target=self._processor.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


def _context(context: TraceContext) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if context.is_sampled else TraceFlags.DEFAULT)
    return SpanContext(int(context.trace_id, 16), int(context.span_id, 16), True, flags)
