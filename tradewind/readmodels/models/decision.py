"""The decision of one model about a signal, in Redis and in responses."""

from typing import Final

from pydantic import Field

from tradewind.contracts.decisions.model import (
    Answer,
    DecisionStatus,
    ModelName,
    ModelRole,
    Percent,
    Verdict,
)
from tradewind.contracts.decisions.payloads import (
    DecisionMade,
    PromptReference,
    Usage,
    Vendor,
)
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import ULID_PATTERN, CorrelationId, Ulid
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.signals.model import SignalEventType, SignalSymbol
from tradewind.contracts.signals.payloads import Sha256
from tradewind.contracts.unchecked import builder
from tradewind.contracts.wire import Timestamp
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.read_model import Index, ReadModel, ReadModelDocument


class DecisionDocument(ReadModelDocument):
    """`decision:{decision_id}`. `version` is the sequence of its event, which nothing changes."""

    model: ModelName
    status: DecisionStatus
    symbol: SignalSymbol
    decision_id: Ulid
    """The event id of its `decision.made`."""
    signal_id: Ulid
    correlation_id: CorrelationId
    event_type: SignalEventType
    instrument: str
    strategy_id: StrategyId
    made_at: Timestamp
    decision: Verdict
    """The fallback where the status is not `ok`."""
    confidence_pct: Percent
    role: ModelRole
    vendor: Vendor
    vendor_model: str | None = None
    detail: str | None = None
    """What was wrong, where the status is not `ok`."""
    answer: Answer
    prompt: PromptReference
    usage: Usage
    attempts: int = Field(ge=0)
    raw_sha256: Sha256 | None = None
    """Of the bytes the vendor answered with."""


DECISION: Final = ReadModel(
    prefix="decision:",
    document=DecisionDocument,
    identifier="decision_id",
    pattern=ULID_PATTERN,
    index=Index("decisions:", ("model", "status", "symbol")),
    find_correlation=LedgerReader.correlation_of_event,
    event=DecisionMade,
)

build_decision = builder(DecisionDocument)


def open_decision(payload: DecisionMade, event: AnyEvent, incarnation: str) -> DecisionDocument:
    """Make the document of a decision."""
    return build_decision(
        incarnation=incarnation,
        version=event.sequence,
        model=payload.model,
        status=payload.status,
        symbol=payload.symbol,
        decision_id=event.event_id,
        signal_id=payload.signal_id,
        correlation_id=event.correlation_id,
        event_type=payload.event_type,
        instrument=payload.instrument,
        strategy_id=payload.strategy_id,
        made_at=event.timestamp,
        decision=payload.answer.decision,
        confidence_pct=payload.answer.confidence_pct,
        role=payload.role,
        vendor=payload.vendor,
        vendor_model=payload.vendor_model,
        detail=payload.detail,
        answer=payload.answer,
        prompt=payload.prompt,
        usage=payload.usage,
        attempts=payload.attempts,
        raw_sha256=payload.raw_sha256,
    )
