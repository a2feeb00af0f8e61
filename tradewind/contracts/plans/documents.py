"""`plan:{plan_id}` as it stands in Redis and in answers: snake_case, never float."""

from pydantic import Field

from tradewind.contracts.execution.lifecycle import StepState
from tradewind.contracts.ids import CorrelationId, Ulid
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.plans.lifecycle import PlanStatus
from tradewind.contracts.plans.model import ExecutionStep, VenueName
from tradewind.contracts.read_model import ReadModel
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp


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


class PlanDocument(ReadModel):
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
