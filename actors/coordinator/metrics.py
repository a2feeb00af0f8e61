"""Metrics of the coordinator."""

import time
from collections.abc import Callable
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import parse_correlation_id, parse_ulid
from tradewind.contracts.intents.lifecycle import INTENT
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.roles import queue_groups
from tradewind.contracts.streams import durable_name
from tradewind.ledger.append.writer import AppendResult
from tradewind.telemetry import DUPLICATES

APPENDED: Final = Counter("tradewind_ledger_appended_events", "Events appended to the ledger.")
PARKED: Final = Counter(
    "tradewind_ledger_parked_events", "Events that came before their predecessor and were parked."
)
QUARANTINED: Final = Counter(
    "tradewind_ledger_quarantined_messages", "Messages set aside, by reason.", ["reason"]
)
DEAD_LETTERS: Final = Counter(
    "tradewind_ledger_dead_letters", "Dead letters that arrived, by who gave up.", ["durable"]
)
BATCH_EVENTS: Final = Histogram(
    "tradewind_ledger_batch_events",
    "Messages per batch.",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500),
)
BATCH_SECONDS: Final = Histogram(
    "tradewind_ledger_batch_seconds",
    "Time from taking a batch to its commit.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
IS_WRITER: Final = Gauge(
    "tradewind_ledger_is_writer", "1 while this process holds the ledger's lease, else 0."
)
EPOCH: Final = Gauge("tradewind_ledger_epoch", "The lease's epoch when this process took it.")
INCARNATION: Final = Gauge(
    "tradewind_ledger_incarnation_timestamp_seconds",
    "When this copy of the history began: anew after a restore. Unix seconds.",
)
LEASE_HELD: Final = Gauge(
    "tradewind_ledger_lease_held_seconds", "How long this process has held the lease, else 0."
)
LEASE_REMAINING: Final = Gauge(
    "tradewind_ledger_lease_remaining_seconds",
    "Until this process's lease lapses unless it is renewed; below 0 once it may have lapsed.",
)
WAITING: Final = Gauge("tradewind_ledger_waiting_events", "Events parked at the moment.")
OLDEST_WAITING: Final = Gauge(
    "tradewind_ledger_oldest_waiting_seconds", "How long the event parked first has waited."
)
PROJECTION_LAG: Final = Gauge(
    "tradewind_projection_lag_events", "Recorded events that read models do not show yet."
)
PROJECTION_LAG_SECONDS: Final = Gauge(
    "tradewind_projection_lag_seconds", "How long the oldest of them has been recorded."
)

INTENTS_SUBMITTED: Final = Counter(
    "tradewind_intents_submitted", "Intents whose first event was recorded."
)
INTENTS_COMPLETED: Final = Counter(
    "tradewind_intents_completed",
    "Intents whose last event was recorded, by how they ended.",
    ["status"],
)
INTENT_SECONDS: Final = Histogram(
    "tradewind_intent_processing_seconds",
    "Time from an intent's submission to its last event.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)

LAST_STATES: Final = {
    line.trigger.topic: line.target for line in INTENT.transitions if line.target in INTENT.terminal
}
"""How an intent ended, by the topic of its last event."""
DURABLES: Final = frozenset(group.durable for group in queue_groups())


class LeaseGauges:
    """Gauges of epoch and lease; the remaining seconds are computed at each scrape."""

    def __init__(
        self,
        held: Gauge = LEASE_HELD,
        remaining: Gauge = LEASE_REMAINING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._taken_at: float | None = None
        self._lapses_at: float | None = None
        held.set_function(self._held_seconds)
        remaining.set_function(self._remaining_seconds)

    def take(self, epoch: int, lapses_at: float) -> None:
        """Report a new lease; `lapses_at` is in seconds of `clock`."""
        IS_WRITER.set(1)
        EPOCH.set(epoch)
        self._taken_at, self._lapses_at = self._clock(), lapses_at

    def renew(self, lapses_at: float) -> None:
        """Report a renewed lease; `lapses_at` is in seconds of `clock`."""
        self._lapses_at = lapses_at

    def end(self) -> None:
        """Report that this process holds no lease any more."""
        IS_WRITER.set(0)
        self._taken_at = self._lapses_at = None

    def _held_seconds(self) -> float:
        return 0.0 if self._taken_at is None else self._clock() - self._taken_at

    def _remaining_seconds(self) -> float:
        return 0.0 if self._lapses_at is None else self._lapses_at - self._clock()


LEASE: Final = LeaseGauges()


def count_dead_letter(queue_group: str) -> None:
    """Count a dead letter; any queue group that is not ours is labelled `other`."""
    durable = durable_name(queue_group)
    DEAD_LETTERS.labels(durable if durable in DURABLES else "other").inc()


def _count_intent(event: AnyEvent) -> None:
    if event.topic == IntentSubmitted.topic:
        INTENTS_SUBMITTED.inc()
    elif event.topic in LAST_STATES:
        INTENTS_COMPLETED.labels(LAST_STATES[event.topic].value).inc()
        seconds = _seconds_since_submission(event)
        if seconds is not None:
            INTENT_SECONDS.observe(seconds)


def _seconds_since_submission(event: AnyEvent) -> float | None:
    """Return how long it took; None for a history that is not an intent's."""
    try:
        submitted = parse_ulid(parse_correlation_id(event.correlation_id)[1])
    except ValueError:
        return None
    return max(0.0, event.timestamp.timestamp() - submitted.timestamp)


def count(result: AppendResult, hinted: int) -> None:
    """Count the results of a batch; `hinted` events were skipped because of a hint in Redis."""
    APPENDED.inc(len(result.appended))
    for placed in result.appended:
        _count_intent(placed.event)
    PARKED.inc(result.parked)
    if hinted:
        DUPLICATES.labels("hint").inc(hinted)
    if result.duplicates:
        DUPLICATES.labels("ledger").inc(result.duplicates)
    for rejected in result.quarantined:
        QUARANTINED.labels(rejected.reason.value).inc()
