"""Declares what the gateway measures, in base units; labels name routes, never paths."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

LATENCY_BUCKETS_SECONDS: Final = (
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
)  # fmt: skip

REQUESTS: Final = Counter(
    "tradewind_http_requests", "HTTP requests answered", ["method", "route", "status"]
)
REQUEST_SECONDS: Final = Histogram(
    "tradewind_http_request_duration_seconds",
    "Time from the request's first byte to the response's last",
    ["method", "route"],
    buckets=LATENCY_BUCKETS_SECONDS,
)
REQUESTS_IN_PROGRESS: Final = Gauge(
    "tradewind_http_requests_in_progress", "HTTP requests being answered"
)
CONNECTIONS: Final = Gauge("tradewind_http_connections", "Connections open, WebSockets included")
CONNECTIONS_CUT: Final = Counter(
    "tradewind_http_cut_connections", "Connections the gateway refused or cut off", ["reason"]
)
SUBMISSIONS: Final = Counter(
    "tradewind_intent_submissions", "Valid intents by what came of them", ["outcome"]
)
SIGNALS: Final = Counter(
    "tradewind_signals_received", "Valid signals by source and by way in", ["source", "way"]
)
SIGNAL_SUBMISSIONS: Final = Counter(
    "tradewind_signal_submissions", "Valid signals by what came of keeping them", ["outcome"]
)
BACKTEST_SUBMISSIONS: Final = Counter(
    "tradewind_backtest_submissions", "Valid back-tests by what came of keeping them", ["outcome"]
)
SIGNALS_REPEATED: Final = Counter(
    "tradewind_signals_repeated", "Signals that were there before, by source", ["source"]
)
SIGNALS_INVALID: Final = Counter(
    "tradewind_signals_invalid", "Signals refused at the edge, by way in", ["way"]
)
CLOSINGS: Final = Counter(
    "tradewind_closing_requests", "Requests to close positions by what came of them", ["outcome"]
)
ADMISSION_WAIT_SECONDS: Final = Gauge(
    "tradewind_admission_wait_seconds", "How long a new intent has to wait for those before it"
)
ADMISSION_REFUSALS: Final = Counter(
    "tradewind_admission_refusals", "Intents that could not have been done in time"
)
RATE_LIMITED: Final = Counter(
    "tradewind_rate_limited_requests",
    "Requests answered 429, by what they had too many of",
    ["policy"],
)
RATE_LIMIT_FALLBACKS: Final = Counter(
    "tradewind_rate_limit_fallbacks", "Requests counted in one process because Redis was away"
)
STREAM_CLIENTS: Final = Gauge("tradewind_stream_clients", "WebSocket clients connected")
STREAM_HANDED_OVER: Final = Counter(
    "tradewind_stream_handed_over_clients", "WebSocket clients given to a stream process"
)
STREAM_FRAMES: Final = Counter("tradewind_stream_frames", "Event frames queued for clients")
STREAM_DROPPED: Final = Counter(
    "tradewind_stream_dropped_frames", "market.* frames dropped for slow clients"
)
STREAM_CLOSED: Final = Counter(
    "tradewind_stream_closed_clients", "Clients closed by the gateway", ["reason"]
)
STREAM_SKIPPED: Final = Counter(
    "tradewind_stream_skipped_messages", "Stored messages that are no event of ours"
)
STREAM_GAPS: Final = Counter("tradewind_stream_gaps", "Gaps told to clients", ["reason"])
STREAM_SEQUENCE: Final = Gauge(
    "tradewind_stream_sequence", "Stream sequence of the last event seen by the tail"
)
STREAM_RESTARTS: Final = Counter(
    "tradewind_stream_tail_restarts", "Times the tail of the event stream was opened again"
)
STREAM_DELAY_SECONDS: Final = Histogram(
    "tradewind_stream_delay_seconds",
    "Time from stored by the broker to queued for clients",
    buckets=LATENCY_BUCKETS_SECONDS,
)
