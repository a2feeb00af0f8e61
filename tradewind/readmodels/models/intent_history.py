"""Folds the history of an intent into two documents, intent and plan. No event makes it raise.

The documents are the state. An event the lifecycles forbid changes nothing and is counted.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypedDict

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.lifecycle import STEP
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    StepFilled,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.ids import CorrelationKind
from tradewind.contracts.intents.lifecycle import INTENT as INTENT_LIFECYCLE
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentExpired,
    IntentSubmitted,
)
from tradewind.contracts.payload import Payload, is_a
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected, RiskScreened
from tradewind.contracts.unchecked import Change, copy_unchecked, update_in_place
from tradewind.readmodels.folds import CorrelationFold
from tradewind.readmodels.models.criteria import average_price, judge
from tradewind.readmodels.models.intent import (
    INTENT,
    CriterionResult,
    InFlight,
    IntentDocument,
    IntentSummary,
    build_criterion_result,
    build_in_flight,
    build_intent,
    build_intent_summary,
)
from tradewind.readmodels.models.intent_rows import fold_intent_rows
from tradewind.readmodels.models.plan import PLAN, PlanDocument, advance_plan, open_plan
from tradewind.readmodels.models.transitions import NextStates, find_next_states
from tradewind.readmodels.read_model import ReadModelDocument


class IntentChanges(TypedDict, total=False):
    """Fields of an intent that an event may change."""

    version: int
    state: IntentState
    last_event_time: datetime
    latest_plan_id: str
    in_flight: InFlight | None
    summary: IntentSummary


class SummaryChanges(TypedDict, total=False):
    """Fields of an intent's summary that an event may set."""

    priority: int
    notional_usd: Decimal
    reason: str
    detail: str
    amount_in: int
    amount_out: int
    average_price: Decimal | None
    tx_hash: str
    criteria: tuple[CriterionResult, ...]


class Folded(NamedTuple):
    """The documents of a history. `version` is the sequence of the last event folded in."""

    incarnation: str
    version: int = 0
    intent: IntentDocument | None = None
    plan: PlanDocument | None = None

    @property
    def documents(self) -> list[ReadModelDocument]:
        return [one for one in (self.intent, self.plan) if one is not None]

    @property
    def is_over(self) -> bool:
        """Whether the intent ended, or was never submitted."""
        return self.intent is None or self.intent.state in INTENT_LIFECYCLE.terminal


def evolve(folded: Folded, event: AnyEvent) -> Folded:
    """Fold an event into a copy."""
    return _evolve(folded, event, copy_unchecked)


def evolve_unseen(folded: Folded, event: AnyEvent) -> Folded:
    """Fold an event in place; only for documents that were not handed out yet."""
    return _evolve(folded, event, update_in_place)


def fold(events: Iterable[AnyEvent], incarnation: str) -> Folded:
    """Fold the events of one history, which are in order, from the beginning."""
    return INTENT_HISTORY.fold(events, incarnation)


INTENT_HISTORY: Final = CorrelationFold(
    read_models=(INTENT, PLAN),
    kind=CorrelationKind.INTENT,
    opened_by=IntentSubmitted,
    told_at_opening={"strategy_id": "intent,strategy_id"},
    begin=Folded,
    evolve=evolve,
    evolve_unseen=evolve_unseen,
    documents=lambda folded: folded.documents,
    is_over=lambda folded: folded.is_over,
    fold_rows=fold_intent_rows,
)


def _evolve(folded: Folded, event: AnyEvent, change: Change) -> Folded:
    payload = event.payload
    following = find_next_states(folded.intent, folded.plan, event)
    if following is None:
        return _count_illegal(folded, event, change)
    intent, plan = folded.intent, folded.plan
    if is_a(payload, IntentSubmitted):
        intent = _open(payload, event, folded.incarnation)
    elif is_a(payload, PlanCreated):
        plan = open_plan(payload, event, folded.incarnation)
    if plan is not None and following.plan is not None:
        plan = advance_plan(plan, following.plan, following.step, event, change)
    assert intent is not None
    intent = _advance_intent(intent, plan, following, event, change)
    return Folded(folded.incarnation, event.sequence, intent, plan)


def _count_illegal(folded: Folded, event: AnyEvent, change: Change) -> Folded:
    intent = folded.intent
    if intent is not None:
        illegal_events = intent.illegal_events + 1
        intent = change(intent, {"version": event.sequence, "illegal_events": illegal_events})
    return folded._replace(version=event.sequence, intent=intent)


def _open(payload: IntentSubmitted, event: AnyEvent, incarnation: str) -> IntentDocument:
    return build_intent(
        incarnation=incarnation,
        version=event.sequence,
        state=IntentState.SUBMITTED,
        intent_id=payload.intent_id,
        correlation_id=event.correlation_id,
        submitted_at=event.timestamp,
        expires_at=payload.expires_at,
        last_event_time=event.timestamp,
        summary=_summary(payload.intent),
    )


def _summary(intent: Intent) -> IntentSummary:
    return build_intent_summary(
        strategy_id=intent.strategy_id,
        intent_type=intent.intent_type,
        pair=f"{intent.base.symbol}/{intent.quote.symbol}",
        amount=intent.amount,
        criteria=tuple(
            build_criterion_result(
                metric=criterion.metric,
                comparison=criterion.comparison,
                threshold=criterion.threshold,
            )
            for criterion in intent.success_criteria
        ),
    )


def _advance_intent(
    intent: IntentDocument,
    plan: PlanDocument | None,
    following: NextStates,
    event: AnyEvent,
    change: Change,
) -> IntentDocument:
    payload = event.payload
    changes: IntentChanges = {
        "version": event.sequence,
        "state": following.intent,
        "last_event_time": event.timestamp,
    }
    if is_a(payload, PlanCreated):
        changes["latest_plan_id"] = payload.plan_id
    if following.step is not None and plan is not None:
        changes["in_flight"] = _in_flight(plan)
    news = _news(payload, plan)
    if is_a(payload, ExecutionCompleted) and plan is not None:
        duration = event.timestamp - intent.submitted_at
        news = {**news, "criteria": judge(intent.summary, plan, duration)}
    if news:
        changes["summary"] = change(intent.summary, news)
    return change(intent, changes)


def _in_flight(plan: PlanDocument) -> InFlight | None:
    for step in plan.steps:
        custody = STEP.unknown.get(step.state)
        if custody is not None and step.confirm_by is not None:
            return build_in_flight(
                tx_hash=step.tx_hash or "", owner=custody.owner, confirm_by=step.confirm_by
            )
    return None


def _news(payload: Payload, plan: PlanDocument | None) -> SummaryChanges:
    if plan is not None and is_a(payload, StepFilled):
        return {
            "amount_in": plan.progress.amount_in,
            "amount_out": plan.progress.amount_out,
            "average_price": average_price(plan),
            "tx_hash": payload.tx_hash,
        }
    describe = _NEWS.get(type(payload))
    return {} if describe is None else describe(payload)


def _refusal(
    payload: RiskRejected | PlanRejected | ExecutionFailed,
) -> SummaryChanges:
    return {"reason": payload.reason.value, "detail": payload.detail}


def _expiry(payload: IntentExpired) -> SummaryChanges:
    return {} if payload.detail is None else {"detail": payload.detail}


def _cancellation(payload: IntentCancelled) -> SummaryChanges:
    if payload.detail is None:
        return {}
    return {"reason": ExecutionFailureReason.CANCELLED.value, "detail": payload.detail}


def _screening(payload: RiskScreened) -> SummaryChanges:
    return {"notional_usd": payload.notional_usd, "priority": payload.priority}


def _approval(payload: RiskApproved) -> SummaryChanges:
    return {"notional_usd": payload.notional_usd}


def _acceptance(payload: IntentAccepted) -> SummaryChanges:
    return {"priority": payload.priority}


def _transaction(payload: StepSigned | StepSubmitted) -> SummaryChanges:
    return {"tx_hash": payload.tx_hash}


_NEWS: Final[Mapping[type, Callable[[Any], SummaryChanges]]] = {
    RiskScreened: _screening,
    RiskApproved: _approval,
    IntentAccepted: _acceptance,
    StepSigned: _transaction,
    StepSubmitted: _transaction,
    RiskRejected: _refusal,
    PlanRejected: _refusal,
    ExecutionFailed: _refusal,
    IntentExpired: _expiry,
    IntentCancelled: _cancellation,
}
