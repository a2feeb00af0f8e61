"""Folds a history into its intent and plan documents. Pure and total: no event raises.

The documents are the state. An event the lifecycles forbid changes nothing and is counted.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from tradewind.contracts.bare import bare, changed, overwritten
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.lifecycle import STEP, StepState
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    StepFilled,
    StepPayload,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.intents.documents import (
    CriterionResult,
    InFlight,
    IntentDocument,
    IntentSummary,
)
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.plans.documents import PlanDocument, PlanProgress, StepDocument
from tradewind.contracts.plans.lifecycle import PlanStatus
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected
from tradewind.readmodels.criteria import average_price, judge
from tradewind.readmodels.moves import Move, find_move, step_index


class Change(Protocol):
    """Gives a document other values: `changed` in a copy, `overwritten` where it stands."""

    def __call__[M: BaseModel](self, model: M, updates: Mapping[str, Any]) -> M: ...


class Folded(NamedTuple):
    """What a history says. `version` is the sequence of the last event folded in."""

    incarnation: str
    version: int = 0
    intent: IntentDocument | None = None
    plan: PlanDocument | None = None


def fold(events: Iterable[AnyEvent], incarnation: str) -> Folded:
    """Return what the events of one history, in order, say."""
    folded = Folded(incarnation)
    for event in events:
        folded = _evolve(folded, event, overwritten)  # no document of this has been seen yet
    return folded


def evolve(folded: Folded, event: AnyEvent) -> Folded:
    """Return what the history says once `event` has been recorded."""
    return _evolve(folded, event, changed)


def _evolve(folded: Folded, event: AnyEvent, change: Change) -> Folded:
    payload = event.payload
    move = find_move(folded.intent, folded.plan, event)
    if move is None:
        return _count_illegal(folded, event, change)
    intent, plan = folded.intent, folded.plan
    if isinstance(payload, IntentSubmitted):
        intent = _open(payload, event, folded.incarnation)
    elif isinstance(payload, PlanCreated):
        plan = _plan(payload, event, folded.incarnation)
    if plan is not None and (move.plan is not None or move.step is not None):
        plan = _advance_plan(plan, move, event, change)
    assert intent is not None
    intent = _advance_intent(intent, plan, move, event, change)
    return Folded(folded.incarnation, event.sequence, intent, plan)


def _count_illegal(folded: Folded, event: AnyEvent, change: Change) -> Folded:
    intent = folded.intent
    if intent is not None:
        illegal_events = intent.illegal_events + 1
        intent = change(intent, {"version": event.sequence, "illegal_events": illegal_events})
    return folded._replace(version=event.sequence, intent=intent)


def _open(payload: IntentSubmitted, event: AnyEvent, incarnation: str) -> IntentDocument:
    return bare(
        IntentDocument,
        {
            "incarnation": incarnation,
            "version": event.sequence,
            "state": IntentState.SUBMITTED,
            "intent_id": payload.intent_id,
            "correlation_id": event.correlation_id,
            "submitted_at": event.timestamp,
            "expires_at": payload.expires_at,
            "last_event_time": event.timestamp,
            "latest_plan_id": None,
            "in_flight": None,
            "summary": _summary(payload.intent),
            "illegal_events": 0,
        },
    )


def _summary(intent: Intent) -> IntentSummary:
    return IntentSummary.model_construct(
        strategy_id=intent.strategy_id,
        intent_type=intent.intent_type,
        pair=f"{intent.base.symbol}/{intent.quote.symbol}",
        amount=intent.amount,
        criteria=tuple(
            CriterionResult.model_construct(
                metric=criterion.metric,
                comparison=criterion.comparison,
                threshold=criterion.threshold,
            )
            for criterion in intent.success_criteria
        ),
    )


def _plan(payload: PlanCreated, event: AnyEvent, incarnation: str) -> PlanDocument:
    steps = tuple(
        StepDocument.model_construct(index=index, state=StepState.PLANNED, step=step)
        for index, step in enumerate(payload.steps)
    )
    return bare(
        PlanDocument,
        {
            "incarnation": incarnation,
            "version": event.sequence,
            "status": PlanStatus.CREATED,
            "plan_id": payload.plan_id,
            "intent_id": payload.intent_id,
            "correlation_id": event.correlation_id,
            "strategy_id": payload.strategy_id,
            "venue": payload.steps[0].venue,
            "created_at": event.timestamp,
            "last_event_time": event.timestamp,
            "estimated_cost": payload.plan.estimated_cost,
            "estimated_duration_ms": payload.plan.estimated_duration_ms,
            "risk_score": payload.plan.risk_score,
            "steps": steps,
            "progress": _progress(steps),
        },
    )


def _advance_plan(plan: PlanDocument, move: Move, event: AnyEvent, change: Change) -> PlanDocument:
    payload = event.payload
    updates: dict[str, Any] = {
        "version": event.sequence,
        "status": move.plan,
        "last_event_time": event.timestamp,
    }
    if move.step is not None and not isinstance(payload, PlanCreated):
        index = step_index(plan, payload)
        step = _advance_step(plan.steps[index], move.step, payload, change)
        steps = (*plan.steps[:index], step, *plan.steps[index + 1 :])
        updates["steps"] = steps
        if isinstance(payload, StepFilled):
            updates["progress"] = _progress(steps)
    return change(plan, updates)


def _advance_step(
    step: StepDocument, state: StepState, payload: Any, change: Change
) -> StepDocument:
    updates: dict[str, Any] = {"state": state}
    if isinstance(payload, StepPayload):
        updates["tx_hash"] = payload.tx_hash
    if isinstance(payload, StepSigned | StepSubmitted | StepReorged):
        updates["confirm_by"] = payload.confirm_by
    elif isinstance(payload, StepFilled):
        updates["amount_in"] = step.amount_in + payload.amount_in
        updates["amount_out"] = step.amount_out + payload.amount_out
        updates["fills"] = step.fills + 1
    if state not in STEP.unknown:
        updates["confirm_by"] = None
    return change(step, updates)


def _progress(steps: tuple[StepDocument, ...]) -> PlanProgress:
    return bare(
        PlanProgress,
        {
            "steps_total": len(steps),
            "steps_filled": sum([step.state is StepState.FILLED for step in steps]),
            "amount_in": sum([step.amount_in for step in steps]),
            "amount_out": sum([step.amount_out for step in steps]),
            "fills": sum([step.fills for step in steps]),
        },
    )


def _advance_intent(
    intent: IntentDocument,
    plan: PlanDocument | None,
    move: Move,
    event: AnyEvent,
    change: Change,
) -> IntentDocument:
    payload = event.payload
    updates: dict[str, Any] = {
        "version": event.sequence,
        "state": move.intent,
        "last_event_time": event.timestamp,
    }
    if isinstance(payload, PlanCreated):
        updates["latest_plan_id"] = payload.plan_id
    if move.step is not None and plan is not None:
        updates["in_flight"] = _in_flight(plan)
    news = _news(payload, plan)
    if isinstance(payload, ExecutionCompleted) and plan is not None:
        news["criteria"] = judge(intent.summary, plan, event.timestamp - intent.submitted_at)
    if news:
        updates["summary"] = change(intent.summary, news)
    return change(intent, updates)


def _in_flight(plan: PlanDocument) -> InFlight | None:
    for step in plan.steps:
        custody = STEP.unknown.get(step.state)
        if custody is not None and step.confirm_by is not None:
            return bare(
                InFlight,
                {
                    "tx_hash": step.tx_hash or "",
                    "owner": custody.owner,
                    "confirm_by": step.confirm_by,
                },
            )
    return None


def _news(payload: Any, plan: PlanDocument | None) -> dict[str, Any]:
    """Return what the event adds to the summary."""
    describe = _NEWS.get(type(payload))
    news = {} if describe is None else describe(payload)
    if plan is not None and type(payload) is StepFilled:
        news = {
            "amount_in": plan.progress.amount_in,
            "amount_out": plan.progress.amount_out,
            "average_price": average_price(plan),
            "tx_hash": payload.tx_hash,
        }
    return news


def _refusal(payload: Any) -> dict[str, Any]:
    return {"reason": payload.reason.value, "detail": payload.detail}


_NEWS: dict[type, Callable[[Any], dict[str, Any]]] = {
    RiskApproved: lambda payload: {"notional_usd": payload.notional_usd},
    IntentAccepted: lambda payload: {"priority": payload.priority},
    StepSigned: lambda payload: {"tx_hash": payload.tx_hash},
    StepSubmitted: lambda payload: {"tx_hash": payload.tx_hash},
    RiskRejected: _refusal,
    PlanRejected: _refusal,
    ExecutionFailed: _refusal,
}
