"""The intent in Redis and in responses: the request and its outcome."""

from typing import Final

from tradewind.contracts.ids import ULID_PATTERN, CorrelationId, Ulid
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.model import IntentType, StrategyId, SuccessCriterion
from tradewind.contracts.roles import Role
from tradewind.contracts.unchecked import builder
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp
from tradewind.readmodels.read_model import Index, ReadModel, ReadModelDocument


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


class IntentDocument(ReadModelDocument):
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


INTENT: Final = ReadModel(
    prefix="intent:",
    document=IntentDocument,
    identifier="intent_id",
    pattern=ULID_PATTERN,
    index=Index("intents:", ("state", "summary.strategy_id")),
)

build_in_flight = builder(InFlight)
build_criterion_result = builder(CriterionResult)
build_intent_summary = builder(IntentSummary)
build_intent = builder(IntentDocument)
