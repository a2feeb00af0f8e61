"""The decisions of models about a signal, and what the desk concludes from them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from tradewind.contracts.decisions.model import (
    MAX_MODELS,
    Answer,
    DecisionStatus,
    ModelName,
    ModelRole,
)
from tradewind.contracts.ids import Ulid
from tradewind.contracts.intents.model import PositiveDecimal, StrategyId
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, is_absent
from tradewind.contracts.risk.approvals import ApprovalAnswer
from tradewind.contracts.signals.payloads import MAX_CONFIGURATION_LENGTH, Sha256, SignalPayload
from tradewind.contracts.wire import DecimalString, Document, Timestamp, WireModel

MAX_REASON_LENGTH = 64
Vendor = Literal["baseline", "openai", "google", "anthropic", "openai_compatible"]


class PromptReference(Document):
    """Which prompt was asked, by its hashes."""

    version: str = Field(min_length=1, max_length=48)
    sha256: Sha256
    request_sha256: Sha256 | None = Field(None, exclude_if=is_absent)
    """Of the request that was sent; absent where nothing was."""


class Usage(Document):
    """What a question cost."""

    latency_ms: int = Field(ge=0)
    tokens_in: int | None = Field(None, ge=0, exclude_if=is_absent)
    tokens_cached: int | None = Field(None, ge=0, exclude_if=is_absent)
    tokens_out: int | None = Field(None, ge=0, exclude_if=is_absent)
    tokens_reasoning: int | None = Field(None, ge=0, exclude_if=is_absent)
    cost_microusd: int | None = Field(None, ge=0, exclude_if=is_absent)
    """Absent where the price is not configured."""


class DecisionMade(SignalPayload):
    """A model was asked about a signal, and this came of it. One a model."""

    topic = "decision.made"
    model: ModelName
    vendor: Vendor
    vendor_model: str | None = Field(None, max_length=100, exclude_if=is_absent)
    role: ModelRole
    status: DecisionStatus
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
    """What was wrong, where the status is not `ok`; never text of a vendor."""
    answer: Answer
    """The fallback where the status is not `ok`."""
    prompt: PromptReference
    usage: Usage
    attempts: int = Field(ge=0, le=2)
    raw_sha256: Sha256 | None = Field(None, exclude_if=is_absent)
    """Of the answer's bytes, which are kept in `evaluations` for a while."""
    instrument: str = Field(min_length=1, max_length=100)
    symbol: str = Field(min_length=1, max_length=16)
    event_type: Literal["OPEN_SIGNAL", "CLOSE_SIGNAL"]
    strategy_id: StrategyId


class Outcome(StrEnum):
    """What the desk concluded."""

    SUBMITTED = "submitted"
    IGNORED = "ignored"
    OBSERVED = "observed"
    """It would have been submitted; its source is only observed."""
    NOT_ACTIONABLE = "not_actionable"
    NO_QUORUM = "no_quorum"
    EXPIRED = "expired"
    DECLINED = "declined"


class Mode(StrEnum):
    """What becomes of a signal that a policy would follow."""

    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"


class CountedVote(Document):
    """A vote, as the policy counted it."""

    model: ModelName
    weight: DecimalString
    signed_confidence: DecimalString
    """Confidence, 0 to 1, negative against the signal; of its calibrated value where there is
    one."""


class Arithmetic(Document):
    """The numbers a conclusion was reached by, against their limits."""

    voting: int = Field(ge=0, le=MAX_MODELS)
    """How many models have a vote."""
    answered: int = Field(ge=0, le=MAX_MODELS)
    needed: int = Field(ge=0, le=MAX_MODELS)
    counted: Annotated[tuple[CountedVote, ...], Field(max_length=MAX_MODELS)] = ()
    score: DecimalString | None = Field(None, exclude_if=is_absent)
    """The weighted mean of signed confidences."""
    threshold: DecimalString | None = Field(None, exclude_if=is_absent)
    agreement: Literal["majority", "unanimous", "any_veto"] | None = Field(
        None, exclude_if=is_absent
    )
    agreed: bool | None = Field(None, exclude_if=is_absent)
    size_pct: DecimalString | None = Field(None, exclude_if=is_absent)
    amount: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    """Units of base that the intent trades, or would."""
    amount_limited_by: Literal["signal", "policy", "source"] | None = Field(
        None, exclude_if=is_absent
    )
    max_slippage: DecimalString | None = Field(None, exclude_if=is_absent)
    time_window_seconds: int | None = Field(None, ge=0, exclude_if=is_absent)


class ConclusionInputs(WireModel):
    """What the desk concluded with, beside the event and the time."""

    policy: str = Field(min_length=2, max_length=MAX_CONFIGURATION_LENGTH)
    """The resolved policy of the source, whole, as canonical JSON."""
    policy_sha256: Sha256
    approval: ApprovalAnswer | None = Field(None, exclude_if=is_absent)
    calibration: str | None = Field(None, max_length=MAX_CONFIGURATION_LENGTH, exclude_if=is_absent)
    """The tables that replaced confidences, where they did, as canonical JSON."""


class DecisionConcluded(SignalPayload):
    """The end of a signal's history: what becomes of it, with the arithmetic."""

    topic = "decision.concluded"
    ends_history = True
    outcome: Outcome
    mode: Mode
    policy_id: str = Field(min_length=1, max_length=48)
    reason: str | None = Field(None, max_length=MAX_REASON_LENGTH, exclude_if=is_absent)
    """A stable code, such as `direction_unsupported`, where the outcome alone does not tell."""
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
    arithmetic: Arithmetic
    intent_id: Ulid | None = Field(None, exclude_if=is_absent)
    decided_mid: PositiveDecimal
    strategy_id: StrategyId
    concluded_at: Timestamp
    inputs: ConclusionInputs

    @property
    def case(self) -> str:
        """Expired and declined signals end in states of their own."""
        return self.outcome.value if self.outcome in (Outcome.EXPIRED, Outcome.DECLINED) else ""
