"""Folds the rows of an intent's history in Rust, where the extension is built.

What it gives is byte for byte what the models give. Whatever is not usual is left to them: it
returns nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.envelope import describe_topic
from tradewind.contracts.execution.lifecycle import STEP, StepState
from tradewind.contracts.intents.lifecycle import INTENT as INTENT_LIFECYCLE
from tradewind.contracts.lifecycle import Lifecycle
from tradewind.contracts.plans.lifecycle import PLAN as PLAN_LIFECYCLE
from tradewind.readmodels.models.criteria import judge_each, ratio
from tradewind.readmodels.models.intent import INTENT, CriterionResult, build_criterion_result
from tradewind.readmodels.models.plan import PLAN
from tradewind.readmodels.read_model import WrittenDocument

try:
    from tradewind_router import IntentFolder
except ImportError:  # not built, or built before it could fold
    IS_COMPILED = False
else:
    IS_COMPILED = True

type _Line = tuple[str | None, str, str, str, str]
type _Amount = tuple[int, int]
"""Base units, and the decimals of their token."""
type _Criterion = tuple[Any, Any, str]


def fold_intent_rows(rows: list[Any], incarnation: str) -> Sequence[WrittenDocument] | None:
    """Return the documents of a whole history, from its rows in order; None is for the models.

    Rows are proven by their hashes, as where events are read from them.
    """
    folded = _FOLDER.fold(rows, incarnation) if _FOLDER is not None else None
    if folded is None:
        return None
    (intent_id, intent), plan = folded
    documents = [WrittenDocument(INTENT, INTENT.key(intent_id), intent)]
    if plan is not None:
        plan_id, text = plan
        documents.append(WrittenDocument(PLAN, PLAN.key(plan_id), text))
    return documents


def _lines(lifecycle: Lifecycle[Any]) -> list[_Line]:
    return [
        (line.source and line.source.value, *line.trigger, line.target.value, line.guard.name)
        for line in lifecycle.transitions
    ]


def _judge(
    base: _Amount,
    quote: _Amount,
    received: _Amount,
    times: tuple[datetime, datetime],
    criteria: Sequence[_Criterion] | None,
) -> tuple[bytes, bytes | None]:
    """Return the average price as JSON, and of a settled intent how its criteria came out."""
    price = ratio(from_base_units(*quote), from_base_units(*base))
    written = b"null" if price is None else b'"%s"' % format(price, "f").encode()
    if not criteria:
        return written, None
    submitted_at, completed_at = times
    asked = [
        build_criterion_result(metric=metric, comparison=comparison, threshold=Decimal(threshold))
        for metric, comparison, threshold in criteria
    ]
    judged = judge_each(asked, from_base_units(*received), price, completed_at - submitted_at)
    return written, b"[%s]" % b",".join(map(_text, judged))


def _text(criterion: CriterionResult) -> bytes:
    return criterion.model_dump_json().encode()


def _folder() -> Any:
    """Return what folds rows; None where the extension is not that of this release."""
    try:
        return IntentFolder(
            describe_topic,
            [_lines(INTENT_LIFECYCLE), _lines(PLAN_LIFECYCLE), _lines(STEP)],
            StepState.FILLED.value,
            [(state.value, custody.owner.value) for state, custody in STEP.unknown.items()],
            _judge,
        )
    except (TypeError, ValueError):
        return None


_FOLDER: Final = _folder() if IS_COMPILED else None
