"""A signal that waits for a person, as it is kept, and the event of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from tradewind.contracts.decisions.payloads import Arithmetic
from tradewind.contracts.envelope import Event, first_event, parse_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.contracts.signals.payloads import SignalApprovalAnswered, SignalEvaluated

EXPIRED = "expired"
"""What stands in the place of a verdict where nobody answered in time."""


@dataclass(frozen=True, slots=True)
class SignalWait:
    """The wait of a signal: what it waits with, until when, and the answer."""

    signal_id: str
    portfolio_id: str
    """The portfolio of its intent."""
    strategy_id: str
    evaluated: bytes
    """The bytes of the `signal.evaluated`."""
    arithmetic: bytes
    """What the policy made of it, as JSON."""
    required_at: datetime
    expires_at: datetime
    answer: ApprovalAnswer | None = None
    is_expired: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return what a row of the table says."""
        verdict, answer = row["verdict"], None
        if verdict not in (None, EXPIRED):
            answer = ApprovalAnswer(
                approval_id=row["approval_id"],
                verdict=ApprovalVerdict(verdict),
                answered_by=row["answered_by"],
                answered_at=row["answered_at"],
                note=row["note"],
            )
        return cls(
            row["signal_id"],
            row["portfolio_id"],
            row["strategy_id"],
            bytes(row["evaluated"]),
            bytes(row["arithmetic"]),
            row["required_at"],
            row["expires_at"],
            answer,
            verdict == EXPIRED,
        )

    @property
    def event(self) -> Event[SignalEvaluated]:
        """The event that the desk concludes from."""
        return parse_event(self.evaluated)

    @property
    def numbers(self) -> Arithmetic:
        """What the policy made of the answers."""
        return Arithmetic.model_validate_json(self.arithmetic)


@dataclass(frozen=True, slots=True)
class SignalAnswering:
    """What somebody says of a signal that waits."""

    signal_id: str
    verdict: ApprovalVerdict
    answered_by: str
    note: str | None = None

    def is_that_of(self, answer: ApprovalAnswer) -> bool:
        """Return whether the same person said the same before: then it is a repetition."""
        return (self.verdict, self.answered_by) == (answer.verdict, answer.answered_by)


def answer_event(
    wait: SignalWait, answering: SignalAnswering, producer: str, at: datetime
) -> Event[SignalApprovalAnswered]:
    """Return the event of an answer; its id is the same whoever answers."""
    return first_event(
        SignalApprovalAnswered(
            signal_id=wait.signal_id,
            verdict=answering.verdict,
            answered_by=answering.answered_by,
            note=answering.note,
            strategy_id=wait.strategy_id,
        ),
        correlation_id=make_correlation_id(CorrelationKind.APPROVAL, wait.signal_id),
        key=wait.event.key,
        producer=producer,
        at=at,
    )


def answer_of(event: Event[SignalApprovalAnswered]) -> ApprovalAnswer:
    """Return the answer that an event tells."""
    payload = event.payload
    return ApprovalAnswer(
        approval_id=event.event_id,
        verdict=payload.verdict,
        answered_by=payload.answered_by,
        answered_at=event.timestamp,
        note=payload.note,
    )
