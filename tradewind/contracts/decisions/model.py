"""What a model decided about a signal, and how well it is known."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import DecimalString, Document

MAX_MODELS: Final = 8
MAX_REASONS: Final = 8
MAX_REASON_CHARACTERS: Final = 64
MAX_NOTE_CHARACTERS: Final = 280

ModelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,47}$")]
"""What the configuration calls a model; vendors' names stand beside it."""
Percent = Annotated[int, Field(ge=0, le=100)]
Reason = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_:.+-]{0,63}$")]


class ModelRole(StrEnum):
    """What a model's answer counts for."""

    VOTING = "voting"
    SHADOW = "shadow"
    """It is asked and recorded, and counts for nothing."""


class DecisionStatus(StrEnum):
    """How the question to a model ended. Anything but `ok` is no answer."""

    OK = "ok"
    RATE_LIMITED = "rate_limited"
    PROVIDER_ERROR = "provider_error"
    TIMEOUT = "timeout"
    AUTH_ERROR = "auth_error"
    BUDGET_EXHAUSTED = "budget_exhausted"
    CIRCUIT_OPEN = "circuit_open"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    OVERSIZED = "oversized"
    INVALID_JSON = "invalid_json"
    INVALID_SCHEMA = "invalid_schema"
    IMPLAUSIBLE = "implausible"


class Verdict(StrEnum):
    """What a model says to do (the vocabulary of seed 003)."""

    FOLLOW_ENTER = "FOLLOW_ENTER"
    IGNORE = "IGNORE"
    FOLLOW_EXIT = "FOLLOW_EXIT"
    HOLD = "HOLD"
    TIGHTEN_STOP = "TIGHTEN_STOP"

    @property
    def follows(self) -> bool:
        """Whether it says to do what the signal says."""
        return self in (Verdict.FOLLOW_ENTER, Verdict.FOLLOW_EXIT)


VERDICTS: Final = {
    "OPEN_SIGNAL": (Verdict.FOLLOW_ENTER, Verdict.IGNORE),
    "CLOSE_SIGNAL": (Verdict.FOLLOW_EXIT, Verdict.HOLD, Verdict.TIGHTEN_STOP),
}
"""What may be said to each type of signal."""
FALLBACK: Final = {"OPEN_SIGNAL": Verdict.IGNORE, "CLOSE_SIGNAL": Verdict.HOLD}
"""What is recorded where a model gave no answer; it counts for nothing."""


class EntryPlan(Document):
    """How to enter."""

    type: Literal["market", "limit"]
    offset_bps: int = Field(ge=-100, le=100)


class RiskPlan(Document):
    """How to stop."""

    stop_method: Literal["fixed", "atr", "trailing"]
    stop_level: DecimalString | None = Field(None, exclude_if=is_absent)
    atr_multiple: DecimalString | None = Field(None, exclude_if=is_absent)
    trail_pct: DecimalString | None = Field(None, exclude_if=is_absent)


class Answer(Document):
    """What a model said, checked."""

    decision: Verdict
    confidence_pct: Percent
    size_pct: Percent = 100
    """Percent of the signal's size."""
    entry_plan: EntryPlan | None = Field(None, exclude_if=is_absent)
    risk_plan: RiskPlan | None = Field(None, exclude_if=is_absent)
    reasons: Annotated[tuple[Reason, ...], Field(min_length=1, max_length=MAX_REASONS)]
    note: Annotated[str, Field(pattern=r"^[ -~]{1,280}$")] | None = Field(
        None, exclude_if=is_absent
    )
    """Shown, and used by nothing."""


class Vote(Document):
    """A model's answer, or that it gave none, as the desk reads it."""

    decision_id: Ulid
    """The event id of the decision.made."""
    model: ModelName
    role: ModelRole
    status: DecisionStatus
    answer: Answer
    """The fallback where the status is not `ok`."""
    prompt_version: Annotated[str, Field(min_length=1, max_length=48)] | None = Field(
        None, exclude_if=is_absent
    )
    """Of the prompt it answered; a calibrated confidence is that of a model and a prompt."""
