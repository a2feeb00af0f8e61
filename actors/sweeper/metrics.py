"""Metrics of the sweeper."""

from typing import Final

from prometheus_client import Counter, Gauge

PASSES: Final = Counter("tradewind_sweeper_passes", "Times this process looked for stalled flows.")
SWEPT: Final = Counter("tradewind_sweeper_emissions", "Events sent again, by topic.", ["topic"])
RELAYED: Final = Counter(
    "tradewind_ingress_relayed_events", "Accepted events sent again from the ingress journal."
)
REQUESTED: Final = Counter(
    "tradewind_dead_letter_requests",
    "What operators asked the gateway to do with dead letters, done.",
    ["action"],
)
INSTRUMENTS_PUBLISHED: Final = Counter(
    "tradewind_instrument_emissions", "Changes of instruments that were sent to the ledger."
)
STALLED: Final = Gauge(
    "tradewind_stalled_histories", "Open histories nothing was recorded in for too long."
)
GIVEN_UP: Final = Gauge(
    "tradewind_stalled_given_up_histories", "Those of them that are not sent again any more."
)
OLDEST: Final = Gauge(
    "tradewind_stalled_oldest_seconds", "How long the oldest of them has stood still."
)
INGRESS_PENDING: Final = Gauge(
    "tradewind_ingress_pending_events",
    "Accepted events the ledger does not have after TRADEWIND_RELAY_AFTER_SECONDS.",
)
INGRESS_OLDEST: Final = Gauge(
    "tradewind_ingress_oldest_pending_seconds", "How long ago the oldest of them was accepted."
)
OPEN_DEAD_LETTERS: Final = Gauge(
    "tradewind_dead_letters_open",
    "Dead letters nobody has dealt with, by who gave up.",
    ["durable"],
)
TRADING_STATES: Final = Gauge(
    "tradewind_trading_states",
    "Trading states and locks in force, by what they are about.",
    ["kind", "state"],
)

_CONSUMER: Final = ("stream", "durable")
PENDING: Final = Gauge(
    "tradewind_consumer_pending_messages", "Stored and not delivered yet.", _CONSUMER
)
UNACKNOWLEDGED: Final = Gauge(
    "tradewind_consumer_unacknowledged_messages", "Delivered and not acknowledged yet.", _CONSUMER
)
STORED_BYTES: Final = Gauge("tradewind_broker_stream_bytes", "What a stream holds.", ["stream"])
LIMIT_BYTES: Final = Gauge(
    "tradewind_broker_stream_limit_bytes",
    "What it may hold before it refuses events; 0 is no limit but the disk.",
    ["stream"],
)
