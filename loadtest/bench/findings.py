"""The results of a benchmark, and how they compare with its budget."""

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """Whether a finding keeps its budget."""

    KEPT = "kept"
    MISSED = "missed"
    FAILED = "failed"
    NO_BUDGET = ""


class Budget(NamedTuple):
    """The bound a value must respect, in the unit of its finding."""

    limit: float
    at_least: bool = False

    def allows(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


class Finding(NamedTuple):
    """One measured value; `value` is None when the benchmark could not be run."""

    benchmark: str
    what: str
    value: float | None
    unit: str
    budget: Budget | None = None
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        if self.value is None:
            return Verdict.FAILED
        if self.budget is None:
            return Verdict.NO_BUDGET
        return Verdict.KEPT if self.budget.allows(self.value) else Verdict.MISSED


class BenchmarkFailed(Exception):
    """A benchmark could not be carried out; the message says what went wrong."""
