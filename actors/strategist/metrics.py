"""What the strategist counts."""

from typing import Final

from prometheus_client import Counter

SIGNALS: Final = Counter(
    "tradewind_strategist_signals_total",
    "Signals of live strategies, by what the gateway said of them.",
    ["source", "outcome"],
)
FAILURES: Final = Counter(
    "tradewind_strategist_failures_total",
    "Candles at which a live strategy failed.",
    ["source"],
)
