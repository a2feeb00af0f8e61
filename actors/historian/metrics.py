"""Metrics of the historian."""

from typing import Final

from prometheus_client import Counter, Gauge

WRITTEN: Final = Counter(
    "tradewind_historian_events", "Events that this process took into the timeline."
)
LAG: Final = Gauge(
    "tradewind_historian_lag_events", "Events of the ledger that the timeline does not have yet."
)
REACHED: Final = Gauge(
    "tradewind_historian_sequence", "The last event of the ledger that the timeline has."
)
