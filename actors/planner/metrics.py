"""Metrics of the planner."""

from typing import Final

from prometheus_client import Histogram

PLANNING_SECONDS: Final = Histogram(
    "tradewind_planning_seconds",
    "Time to read the market and find the best route; nothing is published in it.",
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.05, 0.25),
)
