"""What the backtester counts."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

RUNS: Final = Counter(
    "tradewind_backtest_runs_total", "Back-tests that ended, by outcome.", ["outcome"]
)
SLICE_SECONDS: Final = Histogram(
    "tradewind_backtest_slice_seconds",
    "Time a slice took in its process.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
BARS: Final = Counter("tradewind_backtest_bars_total", "Bars that slices processed.")
CHILDREN: Final = Counter(
    "tradewind_backtest_processes_total",
    "Processes of slices, by what became of them.",
    ["event"],
)
KEPT_BYTES: Final = Gauge(
    "tradewind_backtest_kept_bytes", "Bytes of all rows that back-tests have left."
)
REAPED: Final = Counter("tradewind_backtest_reaped_total", "Runs whose rows were removed.")
SWEEPS: Final = Counter("tradewind_backtest_sweeps_total", "Sweeps that ended.", ["outcome"])
