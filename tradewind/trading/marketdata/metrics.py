"""Metrics of the provider; its labels are types of requests and kinds of data, never input."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUEST_SECONDS: Final = Histogram(
    "tradewind_provider_request_seconds",
    "Time the provider took to answer, by type of request and outcome.",
    ["type", "outcome"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
WEIGHT_USED: Final = Gauge(
    "tradewind_provider_weight_used", "Weight of the requests of the last minute."
)
WEIGHT_REFUSED: Final = Counter(
    "tradewind_provider_weight_refused",
    "Requests that were not sent, because the weight of the minute was used up.",
)
SNAPSHOT_AGE: Final = Gauge(
    "tradewind_provider_snapshot_age_seconds",
    "How long ago the oldest snapshot of a kind (ctx, book, candles) arrived.",
    ["kind"],
)
RECONNECTS: Final = Counter(
    "tradewind_provider_reconnects", "Times the connection to the provider was opened anew."
)
GAPS: Final = Counter(
    "tradewind_provider_candle_gaps", "Series of candles that lacked one.", ["interval"]
)
