"""Makes OpenTelemetry traces of recorded histories, with the ids that tracing gives their spans."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, Final

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.trace_context import span_id_of, trace_id_of
from tradewind.operations.cli.explanation import Explanation, Hop
from tradewind.runtime.tracing import parent_span_id

PRODUCER_KIND: Final = 4
"""SPAN_KIND_PRODUCER of OTLP."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_otlp(explanation: Explanation) -> dict[str, Any]:
    """Return an ExportTraceServiceRequest as JSON, as collectors take it at /v1/traces."""
    by_role: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for told in explanation.histories:
        for hop in told.hops:
            by_role[hop.event.producer].append(_span(hop))
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [_attribute("service.name", f"tradewind-{role}")]},
                "scopeSpans": [{"scope": {"name": "tradewind"}, "spans": spans}],
            }
            for role, spans in by_role.items()
        ]
    }


def _span(hop: Hop) -> dict[str, Any]:
    event = hop.event
    ended_ns = _nanoseconds(event)
    span: dict[str, Any] = {
        "traceId": trace_id_of(event.correlation_id),
        "spanId": span_id_of(event.event_id),
        "name": event.topic,
        "kind": PRODUCER_KIND,
        "startTimeUnixNano": str(ended_ns - round((hop.hop_ms or 0.0) * 1_000_000)),
        "endTimeUnixNano": str(ended_ns),
        "attributes": [
            _attribute("messaging.system", "nats"),
            _attribute("messaging.destination.name", event.topic),
            _attribute("messaging.message.id", event.event_id),
            _attribute("messaging.message.conversation_id", event.correlation_id),
            _attribute("tradewind.words", hop.words),
            *(_attribute(f"tradewind.read.{n}", text) for n, text in enumerate(hop.read)),
        ],
    }
    if hop.cause is None:
        return span
    if hop.cause.correlation_id == event.correlation_id:
        return span | {"parentSpanId": parent_span_id(event)}
    cause = hop.cause
    link = {"traceId": trace_id_of(cause.correlation_id), "spanId": span_id_of(cause.event_id)}
    return span | {"links": [link]}


def _nanoseconds(event: AnyEvent) -> int:
    since = event.timestamp - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


def _attribute(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}
