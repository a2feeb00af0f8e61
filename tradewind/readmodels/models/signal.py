"""The signal in Redis and in responses: what came in, how far it is, and what became of it."""

from typing import Final

from tradewind.contracts.decisions.model import (
    DecisionStatus,
    ModelName,
    ModelRole,
    Percent,
    Verdict,
)
from tradewind.contracts.decisions.payloads import Mode, Outcome
from tradewind.contracts.ids import ULID_PATTERN, CorrelationId, Ulid
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.signals.features import ProfileId
from tradewind.contracts.signals.lifecycle import SignalState
from tradewind.contracts.signals.model import (
    SignalDirection,
    SignalEventType,
    SignalSymbol,
    SourceId,
)
from tradewind.contracts.signals.payloads import SignalRejection
from tradewind.contracts.unchecked import builder
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.readmodels.read_model import Index, ReadModel, ReadModelDocument


class SignalEnrichment(Document):
    """That a signal stands beside the market."""

    enriched_at: Timestamp
    profile_id: ProfileId
    mid_price: DecimalString
    entry_drift_bps: DecimalString
    signal_age_ms: int
    is_clean: bool
    """Whether nothing was wrong with the features."""


class SignalDecision(Document):
    """What one model said; `decision:{decision_id}` has the rest."""

    decision_id: Ulid
    model: ModelName
    role: ModelRole
    status: DecisionStatus
    decision: Verdict
    confidence_pct: Percent
    latency_ms: int


class SignalRefusal(Document):
    """Why a signal was not judged."""

    reason: SignalRejection
    measured: str | None = None
    limit: str | None = None
    detail: str | None = None


class SignalConclusion(Document):
    """What the desk made of the decisions."""

    outcome: Outcome
    mode: Mode
    policy_id: str
    reason: str | None = None
    detail: str | None = None
    score: DecimalString | None = None
    threshold: DecimalString | None = None
    intent_id: Ulid | None = None
    concluded_at: Timestamp


class SignalDocument(ReadModelDocument):
    """`signal:{signal_id}`. `version` is the sequence of the last event of its history."""

    state: SignalState
    source: SourceId
    symbol: SignalSymbol
    signal_id: Ulid
    correlation_id: CorrelationId
    event_type: SignalEventType
    signal_direction: SignalDirection
    entry_price: DecimalString
    """US dollars per unit of base."""
    size: DecimalString
    """Units of base."""
    liquidation_price: DecimalString | None = None
    ts_utc: Timestamp
    instrument: str
    strategy_id: StrategyId
    received_at: Timestamp
    expires_at: Timestamp
    last_event_time: Timestamp
    evaluated_at: Timestamp | None = None
    enrichment: SignalEnrichment | None = None
    decisions: tuple[SignalDecision, ...] = ()
    refusal: SignalRefusal | None = None
    conclusion: SignalConclusion | None = None
    illegal_events: int = 0
    """Recorded events the lifecycle forbids; they changed nothing."""


SIGNAL: Final = ReadModel(
    prefix="signal:",
    document=SignalDocument,
    identifier="signal_id",
    pattern=ULID_PATTERN,
    index=Index("signals:", ("state", "source", "symbol")),
)

build_signal = builder(SignalDocument)
build_enrichment = builder(SignalEnrichment)
build_signal_decision = builder(SignalDecision)
build_refusal = builder(SignalRefusal)
build_conclusion = builder(SignalConclusion)
