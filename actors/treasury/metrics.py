"""Metrics of the treasury."""

from typing import Final

from prometheus_client import Counter, Gauge

RECONCILIATIONS: Final = Counter(
    "tradewind_wallet_reconciliations",
    "Times a wallet was compared with the chain: agreed, drift, or why it was skipped.",
    ["result"],
)
DRIFT: Final = Gauge(
    "tradewind_wallet_drift_base_units",
    "What a wallet holds more than its books say, and is not booked; negative for less.",
    ["wallet", "currency"],
)
RECONCILED: Final = Gauge(
    "tradewind_wallet_reconciled_timestamp_seconds",
    "When a wallet was last compared with the chain, Unix seconds.",
    ["wallet"],
)
OVERCOMMITTED: Final = Gauge(
    "tradewind_wallet_overcommitted_base_units",
    "How much more portfolios have of a token, beside open claims, than all wallets hold.",
    ["currency"],
)
FROZEN: Final = Gauge(
    "tradewind_wallet_frozen",
    "Whether a drift nobody answers for keeps a wallet from signing.",
    ["wallet"],
)
TOLD: Final = Counter("tradewind_wallet_events", "Events told about wallets.", ["topic"])
