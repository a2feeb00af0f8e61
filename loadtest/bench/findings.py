"""The results of a benchmark, and how they compare with its budget."""

from enum import StrEnum
from typing import NamedTuple

from loadtest.bench.references import Reference, References


class Verdict(StrEnum):
    """Whether a finding keeps its budget."""

    KEPT = "kept"
    MISSED = "missed"
    FAILED = "failed"
    NO_BUDGET = ""


class Budget(NamedTuple):
    """The bound a value must respect.

    It is a multiple of the finding's reference, and in the finding's own unit where it has none.
    """

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
    per: Reference | None = None
    """What the value is told as a multiple of, and judged by."""

    def multiple(self, references: References) -> float | None:
        """Return the value as a multiple of its reference, if it has both."""
        if self.value is None or self.per is None:
            return None
        return references.multiple(self.value, self.unit, self.per)

    def verdict(self, references: References) -> Verdict:
        """Judge the value by its budget; a reference that was not measured fails it."""
        judged = self.value if self.per is None else self.multiple(references)
        if self.value is None:
            return Verdict.FAILED
        if self.budget is None:
            return Verdict.NO_BUDGET
        if judged is None:
            return Verdict.FAILED
        return Verdict.KEPT if self.budget.allows(judged) else Verdict.MISSED


class BenchmarkFailed(Exception):
    """A benchmark could not be carried out; the message says what went wrong."""
