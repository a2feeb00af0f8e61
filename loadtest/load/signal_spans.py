"""How long each stage of a signal takes, as a follower of the stream sees it."""

from datetime import datetime
from typing import Final, NamedTuple

from tradewind_client.resources import Event

RECEIVED: Final = "signal.received"
ENRICHED: Final = "signal.enriched"
EVALUATED: Final = "signal.evaluated"
CONCLUDED: Final = "decision.concluded"


class Span(NamedTuple):
    """A stretch of a signal's history, and the p95 that seed 003 wants of it."""

    name: str
    start: str
    end: str
    target_ms: int


SPANS: Final = (
    Span("received to enriched", RECEIVED, ENRICHED, 2_000),
    Span("enriched to evaluated", ENRICHED, EVALUATED, 3_000),
    Span("evaluated to concluded", EVALUATED, CONCLUDED, 1_000),
    Span("all of it", RECEIVED, CONCLUDED, 6_000),
)
FAN_OUT_TARGET_MS: Final = 1_000
"""From an event's time to the follower that gets it."""


class SignalSpans:
    """Remembers when the stages of signals that have not ended were reached."""

    def __init__(self) -> None:
        self._reached: dict[str, dict[str, datetime]] = {}

    def note(self, event: Event) -> list[tuple[str, float]]:
        """Take an event; return the spans that end with it, in milliseconds."""
        reached = self._reached.setdefault(event.correlation_id, {})
        reached[event.topic] = event.timestamp
        ended = [
            (span.name, (event.timestamp - reached[span.start]).total_seconds() * 1_000)
            for span in SPANS
            if span.end == event.topic and span.start in reached
        ]
        if event.topic in (CONCLUDED, "signal.rejected"):
            del self._reached[event.correlation_id]
        return ended
