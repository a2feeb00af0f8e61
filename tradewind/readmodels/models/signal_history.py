"""Folds the history of a signal into its document and those of its decisions. No event makes it
raise: one that the lifecycle forbids changes nothing and is counted."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypedDict

from tradewind.contracts.decisions.payloads import DecisionConcluded, DecisionMade
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.lifecycle import Facts, trigger_of
from tradewind.contracts.signals.lifecycle import SIGNAL as SIGNAL_LIFECYCLE
from tradewind.contracts.signals.lifecycle import SignalState
from tradewind.contracts.signals.payloads import (
    SignalEnriched,
    SignalEvaluated,
    SignalPayload,
    SignalReceived,
    SignalRejected,
)
from tradewind.contracts.unchecked import copy_unchecked
from tradewind.readmodels.folds import CorrelationFold
from tradewind.readmodels.models.decision import DECISION, DecisionDocument, open_decision
from tradewind.readmodels.models.signal import (
    SIGNAL,
    SignalConclusion,
    SignalDecision,
    SignalDocument,
    SignalEnrichment,
    SignalRefusal,
    build_conclusion,
    build_enrichment,
    build_refusal,
    build_signal,
    build_signal_decision,
)
from tradewind.readmodels.read_model import ReadModelDocument

_NO_FACTS: Final = Facts()


class SignalChanges(TypedDict, total=False):
    """Fields of a signal that an event may change."""

    version: int
    state: SignalState
    last_event_time: datetime
    evaluated_at: datetime
    enrichment: SignalEnrichment
    decisions: tuple[SignalDecision, ...]
    refusal: SignalRefusal
    conclusion: SignalConclusion
    illegal_events: int


class FoldedSignal(NamedTuple):
    """The documents of a history. `version` is the sequence of the last event folded in."""

    incarnation: str
    version: int = 0
    signal: SignalDocument | None = None
    decisions: tuple[DecisionDocument, ...] = ()

    @property
    def documents(self) -> list[ReadModelDocument]:
        return [] if self.signal is None else [self.signal, *self.decisions]

    @property
    def is_over(self) -> bool:
        """Whether the signal ended, or was never received."""
        return self.signal is None or self.signal.state in SIGNAL_LIFECYCLE.terminal


def evolve_signal(folded: FoldedSignal, event: AnyEvent) -> FoldedSignal:
    """Fold an event into a copy."""
    payload, signal = event.payload, folded.signal
    state = _next_state(folded, event)
    if state is None:
        return _count_illegal(folded, event)
    if isinstance(payload, SignalReceived):
        opened = _open(payload, event, folded.incarnation)
        return folded._replace(version=event.sequence, signal=opened)
    assert signal is not None
    changes: SignalChanges = {
        "version": event.sequence,
        "state": state,
        "last_event_time": event.timestamp,
        **_news(signal, event),
    }
    decisions = folded.decisions
    if isinstance(payload, DecisionMade):
        decisions = (*decisions, open_decision(payload, event, folded.incarnation))
    signal = copy_unchecked(signal, changes)
    return FoldedSignal(folded.incarnation, event.sequence, signal, decisions)


SIGNAL_HISTORY: Final = CorrelationFold(
    read_models=(SIGNAL, DECISION),
    kind=CorrelationKind.SIGNAL,
    opened_by=SignalReceived,
    told_at_opening={"source": "terms,signal,source", "symbol": "terms,signal,symbol"},
    begin=FoldedSignal,
    evolve=evolve_signal,
    documents=lambda folded: folded.documents,
    is_over=lambda folded: folded.is_over,
)


def _next_state(folded: FoldedSignal, event: AnyEvent) -> SignalState | None:
    """Return the state an event leads to; None where it is of another signal, or forbidden."""
    payload = event.payload
    if not isinstance(payload, SignalPayload):
        return None
    if event.correlation_id != make_correlation_id(CorrelationKind.SIGNAL, payload.signal_id):
        return None
    if folded.signal is not None and payload.signal_id != folded.signal.signal_id:
        return None
    current = None if folded.signal is None else folded.signal.state
    return SIGNAL_LIFECYCLE.next(current, trigger_of(payload, event.topic), _NO_FACTS)


def _count_illegal(folded: FoldedSignal, event: AnyEvent) -> FoldedSignal:
    signal = folded.signal
    if signal is not None:
        changes: SignalChanges = {
            "version": event.sequence,
            "illegal_events": signal.illegal_events + 1,
        }
        signal = copy_unchecked(signal, changes)
    return folded._replace(version=event.sequence, signal=signal)


def _open(payload: SignalReceived, event: AnyEvent, incarnation: str) -> SignalDocument:
    terms, signal = payload.terms, payload.terms.signal
    return build_signal(
        incarnation=incarnation,
        version=event.sequence,
        state=SignalState.RECEIVED,
        source=signal.source,
        symbol=signal.symbol,
        signal_id=payload.signal_id,
        correlation_id=event.correlation_id,
        event_type=signal.event_type,
        signal_direction=signal.signal_direction,
        entry_price=signal.entry_price,
        size=signal.size,
        liquidation_price=signal.liquidation_price,
        ts_utc=signal.ts_utc,
        instrument=terms.instrument,
        strategy_id=terms.strategy_id,
        received_at=terms.received_at,
        expires_at=terms.expires_at,
        last_event_time=event.timestamp,
    )


def _news(signal: SignalDocument, event: AnyEvent) -> SignalChanges:
    tell = _NEWS[type(event.payload)]
    return tell(signal, event, event.payload)


def _enrichment(signal: SignalDocument, event: AnyEvent, payload: SignalEnriched) -> SignalChanges:
    features = payload.features
    enrichment = build_enrichment(
        enriched_at=event.timestamp,
        profile_id=payload.profile_id,
        mid_price=features.mid_price,
        entry_drift_bps=features.entry_drift_bps,
        signal_age_ms=features.signal_age_ms,
        is_clean=features.quality.is_clean,
    )
    return {"enrichment": enrichment}


def _decision(signal: SignalDocument, event: AnyEvent, payload: DecisionMade) -> SignalChanges:
    decision = build_signal_decision(
        decision_id=event.event_id,
        model=payload.model,
        role=payload.role,
        status=payload.status,
        decision=payload.answer.decision,
        confidence_pct=payload.answer.confidence_pct,
        latency_ms=payload.usage.latency_ms,
    )
    return {"decisions": (*signal.decisions, decision)}


def _evaluation(signal: SignalDocument, event: AnyEvent, payload: SignalEvaluated) -> SignalChanges:
    return {"evaluated_at": event.timestamp}


def _refusal(signal: SignalDocument, event: AnyEvent, payload: SignalRejected) -> SignalChanges:
    refusal = build_refusal(
        reason=payload.reason,
        measured=payload.measured,
        limit=payload.limit,
        detail=payload.detail,
    )
    return {"refusal": refusal}


def _conclusion(
    signal: SignalDocument, event: AnyEvent, payload: DecisionConcluded
) -> SignalChanges:
    conclusion = build_conclusion(
        outcome=payload.outcome,
        mode=payload.mode,
        policy_id=payload.policy_id,
        reason=payload.reason,
        detail=payload.detail,
        score=payload.arithmetic.score,
        threshold=payload.arithmetic.threshold,
        intent_id=payload.intent_id,
        concluded_at=payload.concluded_at,
    )
    return {"conclusion": conclusion}


_NEWS: Final[Mapping[type, Callable[[SignalDocument, AnyEvent, Any], SignalChanges]]] = {
    SignalEnriched: _enrichment,
    DecisionMade: _decision,
    SignalEvaluated: _evaluation,
    SignalRejected: _refusal,
    DecisionConcluded: _conclusion,
}
