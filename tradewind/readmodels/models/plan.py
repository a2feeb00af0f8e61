"""The plan in Redis and in responses: its steps and their states."""

from datetime import datetime
from typing import Final, TypedDict

from pydantic import Field

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.lifecycle import STEP, StepState
from tradewind.contracts.execution.payloads import (
    StepFilled,
    StepPayload,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.ids import ULID_PATTERN, CorrelationId, Ulid
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.payload import Payload, is_a
from tradewind.contracts.plans.lifecycle import PlanStatus
from tradewind.contracts.plans.model import ExecutionStep, VenueName
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.unchecked import Change, builder
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.read_model import NamedBy, ReadModel, ReadModelDocument


class StepDocument(Document):
    """One step of a plan and how far it is. Amounts are base units."""

    index: int = Field(ge=0)
    state: StepState
    tx_hash: str | None = None
    confirm_by: Timestamp | None = None
    """Set while the outcome is unknown."""
    amount_in: BaseUnits = 0
    amount_out: BaseUnits = 0
    fills: int = 0
    step: ExecutionStep


class PlanProgress(Document):
    """Totals over the steps of a plan. Amounts are base units."""

    steps_total: int
    steps_filled: int
    amount_in: BaseUnits
    amount_out: BaseUnits
    fills: int


class PlanDocument(ReadModelDocument):
    """`plan:{plan_id}`. `version` is the sequence of the last event of its history."""

    status: PlanStatus
    plan_id: Ulid
    intent_id: Ulid
    correlation_id: CorrelationId
    strategy_id: StrategyId
    venue: VenueName
    created_at: Timestamp
    last_event_time: Timestamp
    estimated_cost: DecimalString
    estimated_duration_ms: int
    risk_score: DecimalString
    steps: tuple[StepDocument, ...]
    progress: PlanProgress


PLAN: Final = ReadModel(
    prefix="plan:",
    document=PlanDocument,
    identifier="plan_id",
    pattern=ULID_PATTERN,
    find_correlation=LedgerReader.correlation_of_plan,
    named_by=NamedBy(INTENT, "intent_id", "latest_plan_id"),
)

build_step = builder(StepDocument)
build_progress = builder(PlanProgress)
build_plan = builder(PlanDocument)


class PlanChanges(TypedDict, total=False):
    """Fields of a plan that an event may change."""

    version: int
    status: PlanStatus
    last_event_time: datetime
    steps: tuple[StepDocument, ...]
    progress: PlanProgress


class StepChanges(TypedDict, total=False):
    """Fields of a step that an event may change."""

    state: StepState
    tx_hash: str
    confirm_by: datetime | None
    amount_in: int
    amount_out: int
    fills: int


def open_plan(payload: PlanCreated, event: AnyEvent, incarnation: str) -> PlanDocument:
    """Make the document of a plan that was created."""
    steps = tuple(
        build_step(index=index, state=StepState.PLANNED, step=step)
        for index, step in enumerate(payload.steps)
    )
    return build_plan(
        incarnation=incarnation,
        version=event.sequence,
        status=PlanStatus.CREATED,
        plan_id=payload.plan_id,
        intent_id=payload.intent_id,
        correlation_id=event.correlation_id,
        strategy_id=payload.strategy_id,
        venue=payload.steps[0].venue,
        created_at=event.timestamp,
        last_event_time=event.timestamp,
        estimated_cost=payload.plan.estimated_cost,
        estimated_duration_ms=payload.plan.estimated_duration_ms,
        risk_score=payload.plan.risk_score,
        steps=steps,
        progress=_progress(steps),
    )


def advance_plan(
    plan: PlanDocument,
    status: PlanStatus,
    step_state: StepState | None,
    event: AnyEvent,
    change: Change,
) -> PlanDocument:
    """Apply an event that takes the plan, and one of its steps, to these states."""
    payload = event.payload
    changes: PlanChanges = {
        "version": event.sequence,
        "status": status,
        "last_event_time": event.timestamp,
    }
    if step_state is not None and not is_a(payload, PlanCreated):
        index = step_index(plan, payload)
        step = _advance_step(plan.steps[index], step_state, payload, change)
        steps = (*plan.steps[:index], step, *plan.steps[index + 1 :])
        changes["steps"] = steps
        if is_a(payload, StepFilled):
            changes["progress"] = _progress(steps)
    return change(plan, changes)


def _advance_step(
    step: StepDocument, state: StepState, payload: Payload, change: Change
) -> StepDocument:
    changes: StepChanges = {"state": state}
    if is_a(payload, StepPayload):
        changes["tx_hash"] = payload.tx_hash
    if isinstance(payload, StepSigned | StepSubmitted | StepReorged):
        changes["confirm_by"] = payload.confirm_by
    elif is_a(payload, StepFilled):
        changes["amount_in"] = step.amount_in + payload.amount_in
        changes["amount_out"] = step.amount_out + payload.amount_out
        changes["fills"] = step.fills + 1
    if state not in STEP.unknown:
        changes["confirm_by"] = None
    return change(step, changes)


def _progress(steps: tuple[StepDocument, ...]) -> PlanProgress:
    return build_progress(
        steps_total=len(steps),
        steps_filled=sum([step.state is StepState.FILLED for step in steps]),
        amount_in=sum([step.amount_in for step in steps]),
        amount_out=sum([step.amount_out for step in steps]),
        fills=sum([step.fills for step in steps]),
    )


def step_index(plan: PlanDocument, payload: Payload) -> int:
    """Return the index of the step an event names, else of the first step that is not filled."""
    if is_a(payload, StepPayload):
        return payload.step_index
    unfilled = (step.index for step in plan.steps if step.state is not StepState.FILLED)
    return next(unfilled, len(plan.steps) - 1)
