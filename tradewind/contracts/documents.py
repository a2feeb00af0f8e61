"""Read models as they stand in Redis and in answers: snake_case, validated, never float.

`incarnation` and `version` come first in the JSON: the version gate reads them from there, as the
index of intents reads `state` and `intent_id` after them, and the first `strategy_id`.
"""

from pydantic import Field

from tradewind.contracts.ids import CorrelationId, Ulid
from tradewind.contracts.intents import IntentType, StrategyId, SuccessCriterion
from tradewind.contracts.lifecycles import IntentState, PlanStatus, StepState
from tradewind.contracts.names import Role
from tradewind.contracts.plans import ExecutionStep, VenueName
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp

MAX_PAGE_SIZE = 200


class ReadModel(Document):
    """Base of the documents folded from history."""

    incarnation: str
    """Which copy of the history this was folded from; a later one sorts after an earlier one."""
    version: int = Field(ge=1)
    """Grows with every event folded in; the newer document wins."""


class InFlight(Document):
    """A transaction whose outcome is unknown: who must find out, and until when."""

    tx_hash: str
    owner: Role
    confirm_by: Timestamp


class CriterionResult(SuccessCriterion):
    """A success criterion, and how it came out once the intent was settled."""

    actual: DecimalString | None = None
    met: bool | None = None


class IntentSummary(Document):
    """What an intent wants and what came of it. Amounts of fills are base units."""

    strategy_id: StrategyId
    intent_type: IntentType
    pair: str
    amount: DecimalString
    """Whole tokens of base, as asked for."""
    priority: int | None = None
    notional_usd: DecimalString | None = None
    reason: str | None = None
    detail: str | None = None
    amount_in: BaseUnits | None = None
    amount_out: BaseUnits | None = None
    average_price: DecimalString | None = None
    """Quote per base over all fills, whole tokens."""
    tx_hash: str | None = None
    criteria: tuple[CriterionResult, ...] = ()


class IntentDocument(ReadModel):
    """`intent:{intent_id}`. `version` is the sequence of the last event of its history."""

    state: IntentState
    intent_id: Ulid
    correlation_id: CorrelationId
    submitted_at: Timestamp
    expires_at: Timestamp
    last_event_time: Timestamp
    latest_plan_id: Ulid | None = None
    in_flight: InFlight | None = None
    summary: IntentSummary
    illegal_events: int = 0
    """Recorded events the lifecycle forbids; they changed nothing."""


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


class Position(Document):
    """What a strategy holds of one instrument, at average cost. Whole tokens."""

    instrument: str
    base: str
    quote: str
    quantity: DecimalString
    """Base held; negative when more was sold than bought."""
    average_cost: DecimalString | None
    """Quote per base of what is held; None when nothing is."""
    realised_pnl: DecimalString
    """Quote gained by what was closed."""
    fills: int


class PositionsDocument(ReadModel):
    """`positions:{strategy_id}`. `version` is the global_seq of the last fill."""

    strategy_id: StrategyId
    last_event_time: Timestamp
    pnl: DecimalString | None
    """Realised, in the one quote token; None when the positions have several."""
    pnl_by_quote: dict[str, DecimalString]
    positions: tuple[Position, ...]


class IntentPage(Document):
    """Intents, newest first; `next_cursor` is None on the last page."""

    items: tuple[IntentDocument, ...]
    next_cursor: Ulid | None = None
