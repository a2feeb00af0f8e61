"""Metrics of the recorder."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

RECORDED: Final = Counter("tradewind_recorder_ticks", "Ticks that were kept.")
REFUSED: Final = Counter(
    "tradewind_recorder_refused_ticks", "Messages that are no tick that is kept.", ["reason"]
)
LATE: Final = Counter(
    "tradewind_recorder_late_ticks", "Ticks that came after the candle of their minute was due."
)
CANDLES: Final = Counter("tradewind_recorder_minutes", "Minutes of which a candle was made.")
ACTIVE: Final = Gauge("tradewind_recorder_active", "Whether this process is the one that records.")
LAG: Final = Gauge(
    "tradewind_recorder_lag_seconds",
    "How old the oldest tick of the newest batch was when it was kept; 0 when there was none.",
)
OPEN_MINUTES: Final = Gauge(
    "tradewind_recorder_open_minutes", "Minutes with ticks of which no candle is made yet."
)
BATCH_SECONDS: Final = Histogram(
    "tradewind_recorder_batch_seconds",
    "Time to keep a batch of ticks and to make candles.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
