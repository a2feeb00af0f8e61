"""Metrics of the enricher. Labels are words of ours, never text of a signal."""

from datetime import datetime
from typing import Final, get_args

from prometheus_client import Counter, Histogram

from actors.signal_stages import observe_stage
from tradewind.contracts.signals.features import Quality
from tradewind.contracts.signals.model import SignalEventType, SignalTerms
from tradewind.contracts.signals.payloads import SignalEnriched, SignalRejected, SignalRejection

ENRICHED: Final = Counter("tradewind_signals_enriched", "Signals that were put beside the market.")
REJECTED: Final = Counter(
    "tradewind_signals_rejected",
    "Signals that are not judged, by their type and the reason.",
    ["event_type", "reason"],
)
PART_SECONDS: Final = Histogram(
    "tradewind_enrichment_seconds",
    "Time of a part of an enrichment: `read`, `compute` or `keep`, which publishes what was read.",
    ["part"],
    buckets=(0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5),
)
FLAGS: Final = Counter(
    "tradewind_quality_flags", "What was wrong with market data, by kind.", ["kind"]
)

# From 0 on, so that Prometheus sees the first of each.
for _type in get_args(SignalEventType):
    for _reason in SignalRejection:
        REJECTED.labels(_type, _reason)


def measure(payload: object, terms: SignalTerms, now: datetime) -> None:
    """Count a decision and the time it took since the signal came."""
    if isinstance(payload, SignalEnriched):
        ENRICHED.inc()
        observe_stage("enriched", terms, now)
        for kind in Quality.model_fields:
            flags = len(getattr(payload.features.quality, kind))
            if flags:
                FLAGS.labels(kind).inc(flags)
    elif isinstance(payload, SignalRejected):
        REJECTED.labels(terms.signal.event_type, payload.reason).inc()
        observe_stage("rejected", terms, now)
