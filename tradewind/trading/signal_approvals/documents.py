"""What people are shown of a signal that waits, on the command line and by the gateway alike."""

from typing import Self

from pydantic import Field

from tradewind.contracts.decisions.payloads import Arithmetic
from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import is_absent
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.contracts.signals.model import Signal
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.trading.signal_approvals.records import SignalWait


class SignalApprovalDocument(Document):
    """A signal that waits until a person approves or declines it."""

    signal_id: Ulid
    portfolio_id: str
    strategy_id: str
    instrument: str
    signal: Signal
    mid_price: DecimalString
    """US dollars per unit of base when it was evaluated."""
    arithmetic: Arithmetic
    """What its policy made of the models' answers, and the intent it would be."""
    required_at: Timestamp
    expires_at: Timestamp
    """Until when it can be answered."""

    @classmethod
    def of(cls, wait: SignalWait) -> Self:
        """Return the document of a wait."""
        evaluated = wait.event.payload
        return cls(
            signal_id=wait.signal_id,
            portfolio_id=wait.portfolio_id,
            strategy_id=wait.strategy_id,
            instrument=evaluated.terms.instrument,
            signal=evaluated.terms.signal,
            mid_price=evaluated.features.mid_price,
            arithmetic=wait.numbers,
            required_at=wait.required_at,
            expires_at=wait.expires_at,
        )


class SignalAnswerDocument(Document):
    """The answer that stands. What becomes of the signal is in its history."""

    signal_id: Ulid
    approval_id: Ulid
    """The `eventId` of the `signal.approval_answered`: the same for every repetition."""
    verdict: ApprovalVerdict
    answered_by: str
    """The key, or the login on the command line."""
    answered_at: Timestamp
    note: str | None = Field(None, exclude_if=is_absent)

    @classmethod
    def of(cls, signal_id: str, answer: ApprovalAnswer) -> Self:
        """Return the document of an answer."""
        return cls(
            signal_id=signal_id,
            approval_id=answer.approval_id,
            verdict=answer.verdict,
            answered_by=answer.answered_by,
            answered_at=answer.answered_at,
            note=answer.note,
        )
