"""Generates what reasons mean as TypeScript tables, so that the dashboard says it in our words."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.contracts.decisions.payloads import Outcome
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.explanations.execution import EXECUTION_REASONS
from tradewind.contracts.explanations.explanation import Explanation
from tradewind.contracts.explanations.messages import DEAD_LETTER_REASONS, QUARANTINE_REASONS
from tradewind.contracts.explanations.plans import PLAN_REASONS
from tradewind.contracts.explanations.risk import RISK_REASONS
from tradewind.contracts.explanations.signals import DECISION_STATUSES, OUTCOMES, SIGNAL_REASONS
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.signals.payloads import SignalRejection
from tradewind.contracts.system.dead_letters import DeadLetterReason
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.operations.codegen.typescript import HEADER

TABLES: Final[Sequence[tuple[str, type[StrEnum], Mapping[Any, Explanation]]]] = (
    ("RISK_REASONS", RiskRejectionReason, RISK_REASONS),
    ("PLAN_REASONS", PlanRejectionReason, PLAN_REASONS),
    ("EXECUTION_REASONS", ExecutionFailureReason, EXECUTION_REASONS),
    ("SIGNAL_REASONS", SignalRejection, SIGNAL_REASONS),
    ("DECISION_STATUSES", DecisionStatus, DECISION_STATUSES),
    ("OUTCOMES", Outcome, OUTCOMES),
    ("QUARANTINE_REASONS", QuarantineReason, QUARANTINE_REASONS),
    ("DEAD_LETTER_REASONS", DeadLetterReason, DEAD_LETTER_REASONS),
)
"""Each table by its name in TypeScript, with the codes it has to explain."""

_TYPES: Final = """\

export interface Reason {
  /** What is the case. */
  readonly sentence: string;
  /** What to do about it. */
  readonly advice: string;
}
"""


def reason_tables() -> str:
    """Return the module that says what every reason means, and what to do about it."""
    return HEADER + _TYPES + "".join(_table(*table) for table in TABLES)


def _table(name: str, codes: type[StrEnum], explanations: Mapping[Any, Explanation]) -> str:
    union = " | ".join(json.dumps(code.value) for code in codes)
    lines = "\n".join(f"  {code.value}: {_entry(explanations[code])}," for code in codes)
    return (
        f"\nexport type {codes.__name__} = {union};\n\n"
        f"export const {name}: Readonly<Record<{codes.__name__}, Reason>> = {{\n{lines}\n}};\n"
    )


def _entry(explanation: Explanation) -> str:
    sentence, advice = (json.dumps(text, ensure_ascii=False) for text in explanation)
    return f"{{ sentence: {sentence}, advice: {advice} }}"
