"""The planner's decisions on an accepted intent."""

from pydantic import Field

from tradewind.contracts.ids import Ulid
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, IntentPayload, is_absent
from tradewind.contracts.plans.limits import PlanInputs
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.wire import BaseUnits, Timestamp


class PlanCreated(IntentPayload):
    """The intent has a plan."""

    topic = "plan.created"
    plan_id: Ulid
    strategy_id: StrategyId
    steps: tuple[ExecutionStep, ...] = Field(min_length=1, max_length=1)
    plan: ExecutionPlan
    expires_at: Timestamp
    max_amount_in: BaseUnits | None = Field(None, exclude_if=is_absent)
    """The most that may be paid, as in intent.accepted."""
    min_amount_out: BaseUnits | None = Field(None, exclude_if=is_absent)
    """The least that the quote may yield, as in intent.accepted."""
    inputs: PlanInputs | None = Field(None, exclude_if=is_absent)


class PlanRejected(IntentPayload):
    """No plan could be made."""

    topic = "plan.rejected"
    ends_history = True
    reason: PlanRejectionReason
    detail: str = Field(max_length=MAX_DETAIL_LENGTH)
    inputs: PlanInputs | None = Field(None, exclude_if=is_absent)
