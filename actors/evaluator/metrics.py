"""Metrics of the evaluator. Labels are names of the configuration, never text of a signal."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from tradewind.trading.evaluations.records import DayOfModel

CALL_SECONDS: Final = Histogram(
    "tradewind_model_call_seconds",
    "How long a model took, by how the question ended.",
    ["model", "status"],
    buckets=(0.001, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 5),
)
TOKENS: Final = Counter(
    "tradewind_model_tokens", "Tokens that vendors counted, by kind.", ["model", "kind"]
)
COST: Final = Counter(
    "tradewind_model_cost_microusd", "What calls cost by the configured prices.", ["model"]
)
BUDGET_REMAINING: Final = Gauge(
    "tradewind_model_budget_remaining",
    "What is left of the day's budget, in calls and in millionths of a US dollar.",
    ["model", "kind"],
)
CIRCUIT_OPEN: Final = Gauge(
    "tradewind_model_circuit_open",
    "1 while a model failed so often in a row that this process rarely asks it.",
    ["model"],
)


def show_budget(spent: DayOfModel) -> None:
    """Set the gauges of what is left of a model's budget, as far as it has one."""
    if spent.max_calls is not None:
        left = max(spent.max_calls - spent.calls, 0)
        BUDGET_REMAINING.labels(spent.model, "calls").set(left)
    if spent.max_microusd is not None:
        used = spent.spent_microusd + spent.reserved_microusd
        BUDGET_REMAINING.labels(spent.model, "microusd").set(max(spent.max_microusd - used, 0))
