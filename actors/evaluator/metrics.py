"""Metrics of the evaluator. Labels are names of the configuration, never text of a signal."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.trading.evaluations.records import DayOfModel, Evaluation
from tradewind.trading.models.file import ModelEntry

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


def measure_refusals(rows: Iterable[Evaluation]) -> None:
    """Count the questions that the budget of their model did not allow, which took no time."""
    for row in rows:
        if row.status is DecisionStatus.BUDGET_EXHAUSTED and row.was_asked is False:
            CALL_SECONDS.labels(row.model, row.status.value).observe(0)


def show_budgets(entries: Iterable[ModelEntry], day: Iterable[DayOfModel]) -> None:
    """Set the gauges of what is left of a day's budgets, of the models that have one."""
    spent = {one.model: one for one in day}
    for entry in entries:
        said = spent.get(entry.name)
        calls = said.calls if said else 0
        cost = said.spent_microusd + said.reserved_microusd if said else 0
        _show(entry.name, "calls", entry.budget.calls_per_day, calls)
        _show(entry.name, "microusd", entry.budget.microusd_per_day, cost)


def _show(model: str, kind: str, limit: int | None, used: int) -> None:
    if limit is not None:
        BUDGET_REMAINING.labels(model, kind).set(max(limit - used, 0))
