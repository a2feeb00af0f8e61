"""What the coordinator tells Prometheus."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from tradewind.ledger.writer import AppendResult

APPENDED: Final = Counter("tradewind_ledger_appended_events", "Events appended to the ledger.")
DUPLICATES: Final = Counter(
    "tradewind_ledger_duplicate_events",
    "Events that were recorded already, by who noticed: hint (Redis) or ledger (PostgreSQL).",
    ["source"],
)
PARKED: Final = Counter(
    "tradewind_ledger_parked_events", "Events that came before their predecessor and were parked."
)
QUARANTINED: Final = Counter(
    "tradewind_ledger_quarantined_messages", "Messages set aside, by reason.", ["reason"]
)
DEAD_LETTERS: Final = Counter("tradewind_ledger_dead_letters", "Dead letters recorded.")
BATCH_EVENTS: Final = Histogram(
    "tradewind_ledger_batch_events",
    "Messages per batch.",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500),
)
BATCH_SECONDS: Final = Histogram(
    "tradewind_ledger_batch_seconds",
    "Time from taking a batch to its acknowledgement.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
IS_WRITER: Final = Gauge(
    "tradewind_ledger_is_writer", "1 while this process holds the ledger's lease, else 0."
)
EPOCH: Final = Gauge("tradewind_ledger_epoch", "The lease's epoch when this process took it.")
WAITING: Final = Gauge("tradewind_ledger_waiting_events", "Events parked at the moment.")
PROJECTION_LAG: Final = Gauge(
    "tradewind_projection_lag_events", "Recorded events that read models do not show yet."
)


def count(result: AppendResult, hinted: int) -> None:
    """Count what became of a batch; `hinted` events were skipped because Redis knew them."""
    APPENDED.inc(len(result.appended))
    PARKED.inc(result.parked)
    if hinted:
        DUPLICATES.labels("hint").inc(hinted)
    if result.duplicates:
        DUPLICATES.labels("ledger").inc(result.duplicates)
    for rejected in result.quarantined:
        QUARANTINED.labels(rejected.reason.value).inc()
