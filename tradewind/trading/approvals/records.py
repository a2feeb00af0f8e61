"""An intent that waits for a person, as it is kept, and the event of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from tradewind.contracts.envelope import Event, first_event, parse_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.contracts.risk.payloads import RiskApprovalAnswered, RiskApprovalRequired


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait of an intent: what it waits for, the answer, and what followed."""

    intent_id: str
    portfolio_id: str
    strategy_id: str
    required: bytes
    """The bytes of the `risk.approval_required`."""
    expires_at: datetime
    answer: ApprovalAnswer | None
    decision: bytes | None
    """The bytes of what ended it; None while it lasts, and where only the ledger has them."""
    is_recorded: bool
    """Whether the ledger has what ended it."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return what a row of the table says."""
        answer = None
        if row["verdict"] is not None:
            answer = ApprovalAnswer(
                approval_id=row["approval_id"],
                verdict=ApprovalVerdict(row["verdict"]),
                answered_by=row["answered_by"],
                answered_at=row["answered_at"],
                note=row["note"],
            )
        return cls(
            row["intent_id"],
            row["portfolio_id"],
            row["strategy_id"],
            bytes(row["required"]),
            row["expires_at"],
            answer,
            None if row["decision"] is None else bytes(row["decision"]),
            row["recorded_at"] is not None,
        )

    @property
    def is_open(self) -> bool:
        """Whether nothing has ended it yet."""
        return self.decision is None and not self.is_recorded

    @property
    def event(self) -> Event[RiskApprovalRequired]:
        """The event that says what it waits for."""
        return parse_event(self.required)


@dataclass(frozen=True, slots=True)
class Answering:
    """What somebody says of an intent that waits."""

    intent_id: str
    verdict: ApprovalVerdict
    answered_by: str
    note: str | None = None

    def is_that_of(self, answer: ApprovalAnswer) -> bool:
        """Return whether the same person said the same before: then it is a repetition."""
        return (self.verdict, self.answered_by) == (answer.verdict, answer.answered_by)


def answer_event(
    wait: Wait, answering: Answering, producer: str, at: datetime
) -> Event[RiskApprovalAnswered]:
    """Return the event of an answer; its id is the same whoever answers."""
    payload = RiskApprovalAnswered(
        intent_id=wait.intent_id,
        verdict=answering.verdict,
        answered_by=answering.answered_by,
        note=answering.note,
        strategy_id=wait.strategy_id,
    )
    return first_event(
        payload,
        correlation_id=make_correlation_id(CorrelationKind.APPROVAL, wait.intent_id),
        key=wait.event.key,
        producer=producer,
        at=at,
    )


def answer_of(event: Event[RiskApprovalAnswered]) -> ApprovalAnswer:
    """Return the answer that an event tells."""
    payload = event.payload
    return ApprovalAnswer(
        approval_id=event.event_id,
        verdict=payload.verdict,
        answered_by=payload.answered_by,
        answered_at=event.timestamp,
        note=payload.note,
    )
