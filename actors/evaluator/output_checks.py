"""Checks what a model said, in a fixed order, and never repairs it.

How it ended, its size, strict JSON, the schema, the meaning: the first that fails gives its status.
A bad answer is a measured property of the model; none becomes a silent HOLD.
"""

from dataclasses import dataclass
from typing import Any, Final

from actors.evaluator.models.port import Finish, ModelAnswer
from actors.evaluator.models.schema_check import first_error
from tradewind.contracts.decisions.model import Answer, DecisionStatus
from tradewind.strict_json import Defect, NotStrictJson, read_json
from tradewind.trading.prompts.answer_schema import answer_schema
from tradewind.trading.prompts.plausibility import AllowedActions, Implausible, plausible_answer

MAX_ANSWER_BYTES: Final = 16 * 1024
"""Of a model's text; of a larger one only so much is kept, beside the hash of all."""
MAX_ANSWER_DEPTH: Final = 8
UNFINISHED: Final = {
    Finish.TRUNCATED: (
        DecisionStatus.TRUNCATED,
        "the model stopped at its limit of tokens: raise max_output_tokens",
    ),
    Finish.REFUSED: (DecisionStatus.REFUSED, "the model or its vendor declined to answer"),
}
_SCHEMA: Final = answer_schema()


@dataclass(frozen=True, slots=True)
class RejectedAnswer:
    """Why an answer is none. `detail` holds nothing that the model said."""

    status: DecisionStatus
    detail: str


def check(answer: ModelAnswer, allowed: AllowedActions) -> Answer | RejectedAnswer:
    """Return what a model said, or the first check that it failed; nothing is raised."""
    if answer.finish is not Finish.ENDED:
        return RejectedAnswer(*UNFINISHED[answer.finish])
    if len(answer.raw) > MAX_ANSWER_BYTES:
        return RejectedAnswer(
            DecisionStatus.OVERSIZED, f"{len(answer.raw):,} bytes, limit {MAX_ANSWER_BYTES:,}"
        )
    try:
        document = read_json(answer.raw, max_depth=MAX_ANSWER_DEPTH)
    except NotStrictJson as error:
        return RejectedAnswer(DecisionStatus.INVALID_JSON, _text_of(error))
    if not isinstance(document, dict):
        return RejectedAnswer(DecisionStatus.INVALID_JSON, "is not one object")
    if wrong := first_error(document, _SCHEMA):
        return RejectedAnswer(DecisionStatus.INVALID_SCHEMA, wrong)
    return _judged(document, allowed)


def _judged(document: dict[str, Any], allowed: AllowedActions) -> Answer | RejectedAnswer:
    try:
        return plausible_answer(document, allowed)
    except Implausible as error:
        return RejectedAnswer(DecisionStatus.IMPLAUSIBLE, str(error))


def _text_of(error: NotStrictJson) -> str:
    if not error.defects:
        return error.detail
    return "; ".join(sorted({_text_of_defect(defect) for defect in error.defects}))


def _text_of_defect(defect: Defect) -> str:
    """Name the key at the top if it is one of ours; whatever else is in a path is the model's."""
    known = [key for key in defect.path[:1] if key in _SCHEMA["properties"]]
    limit = "" if defect.limit is None else f", limit {defect.limit}"
    return f"{known[0] if known else 'a value'} {defect.message}{limit}"
