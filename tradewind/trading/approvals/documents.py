"""What people are shown of an intent that waits, on the command line and by the gateway alike."""

from typing import Literal, Self

from pydantic import Field

from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import is_absent
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.trading.approvals.records import Wait


class ApprovalDocument(Document):
    """An intent that waits until a person approves or denies it."""

    intent_id: Ulid
    portfolio_id: str
    strategy_id: str
    instrument: str
    intent_type: Literal["acquire", "dispose"]
    amount: DecimalString
    """Whole tokens of base."""
    notional_usd: DecimalString
    price_usd: DecimalString
    """US dollars per whole token of base when it was screened."""
    threshold_usd: DecimalString
    """The limit `approval_above_usd` that it exceeds."""
    threshold_scope: str | None
    """Whose limit that is."""
    policy_version: int
    required_at: Timestamp
    expires_at: Timestamp
    """Until when it can be answered."""
    verdict: ApprovalVerdict | None = Field(None, exclude_if=is_absent)
    """What somebody said already; its portfolio is about to act on it."""
    answered_by: str | None = Field(None, exclude_if=is_absent)

    @classmethod
    def of(cls, wait: Wait) -> Self:
        """Return the document of a wait."""
        required, intent = wait.event.payload, wait.event.payload.screened.intent
        return cls(
            intent_id=wait.intent_id,
            portfolio_id=wait.portfolio_id,
            strategy_id=wait.strategy_id,
            instrument=intent.instrument,
            intent_type=intent.intent_type,
            amount=intent.amount,
            notional_usd=required.notional_usd,
            price_usd=required.screened.price_usd,
            threshold_usd=required.threshold_usd,
            threshold_scope=required.threshold_scope,
            policy_version=required.inputs.policy.version,
            required_at=wait.event.timestamp,
            expires_at=wait.expires_at,
            verdict=None if wait.answer is None else wait.answer.verdict,
            answered_by=None if wait.answer is None else wait.answer.answered_by,
        )


class AnswerDocument(Document):
    """The answer that stands. What becomes of the intent is in its history."""

    intent_id: Ulid
    approval_id: Ulid
    """The `eventId` of the `risk.approval_answered`: the same for every repetition."""
    verdict: ApprovalVerdict
    answered_by: str
    """The key, or the login on the command line."""
    answered_at: Timestamp
    note: str | None = Field(None, exclude_if=is_absent)

    @classmethod
    def of(cls, intent_id: str, answer: ApprovalAnswer) -> Self:
        """Return the document of an answer."""
        return cls(
            intent_id=intent_id,
            approval_id=answer.approval_id,
            verdict=answer.verdict,
            answered_by=answer.answered_by,
            answered_at=answer.answered_at,
            note=answer.note,
        )
