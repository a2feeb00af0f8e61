"""One payload model per topic. Keys are camelCase on the wire; nested domain documents snake_case.

A payload names its topic and version; `topics.PAYLOADS` is the registry.
"""

from typing import ClassVar, Literal

from pydantic import Field

from tradewind.contracts.assets import MAX_TOKENS, Address, Asset, RegisteredToken
from tradewind.contracts.ids import Ulid
from tradewind.contracts.intents import Intent, StrategyId
from tradewind.contracts.limits import PlanLimits, RiskLimits
from tradewind.contracts.market import (
    MAX_CHAINS,
    MAX_INITIALIZED_TICKS,
    MAX_POOLS,
    ChainHead,
    ContentId,
    ObservedPool,
    TickLiquidity,
)
from tradewind.contracts.plans import ExecutionPlan, ExecutionStep, VenueName
from tradewind.contracts.reasons import (
    ExecutionFailureReason,
    PlanRejectionReason,
    RiskRejectionReason,
)
from tradewind.contracts.wire import BaseUnits, DecimalString, Timestamp, WireModel

MAX_DETAIL_LENGTH = 500

TxHash = str


class Payload(WireModel):
    """Base of all payloads."""

    topic: ClassVar[str]
    version: ClassVar[int] = 1


class RiskInputs(WireModel):
    """What risk decided on, beside the intent and the moment."""

    market: ContentId | None
    """The instrument.market_observed it read; None when that was too large to be kept."""
    limits: RiskLimits


class PlanInputs(WireModel):
    """What the planner decided on, beside the intent and the moment."""

    market: ContentId | None
    """The instrument.market_observed it read; None when that was too large to be kept."""
    limits: PlanLimits


def _is_absent(value: object) -> bool:
    """Left out when there are none: what was recorded without inputs keeps its bytes."""
    return value is None


class IntentPayload(Payload):
    """Base of the payloads in an intent's history."""

    intent_id: Ulid


class IntentSubmitted(IntentPayload):
    """The gateway accepted a well-formed intent."""

    topic = "intent.submitted"
    intent: Intent
    expires_at: Timestamp


class RiskApproved(IntentPayload):
    """Risk let the intent through, and on which numbers."""

    topic = "risk.approved"
    notional_usd: DecimalString
    price_usd: DecimalString
    """US dollars per whole token of base."""
    price_block_number: int = Field(ge=0)
    max_notional_usd: DecimalString
    max_slippage_limit: DecimalString
    inputs: RiskInputs | None = Field(None, exclude_if=_is_absent)


class RiskRejected(IntentPayload):
    """Risk refused the intent; `detail` names value and limit."""

    topic = "risk.rejected"
    reason: RiskRejectionReason
    detail: str = Field(max_length=MAX_DETAIL_LENGTH)
    inputs: RiskInputs | None = Field(None, exclude_if=_is_absent)


class IntentAccepted(IntentPayload):
    """The intent may be planned."""

    topic = "intent.accepted"
    intent: Intent
    expires_at: Timestamp
    notional_usd: DecimalString
    priority: int = Field(ge=1, le=5)


class IntentExpired(IntentPayload):
    """The time window closed while nothing was in flight."""

    topic = "intent.expired"
    expires_at: Timestamp
    inputs: RiskInputs | PlanInputs | None = Field(None, exclude_if=_is_absent)


class IntentCancelled(IntentPayload):
    """The intent was cancelled on request while nothing was in flight."""

    topic = "intent.cancelled"
    requested_by: str = Field(max_length=64)


class PlanCreated(IntentPayload):
    """The intent has a plan."""

    topic = "plan.created"
    plan_id: Ulid
    strategy_id: StrategyId
    steps: tuple[ExecutionStep, ...] = Field(min_length=1, max_length=1)
    plan: ExecutionPlan
    expires_at: Timestamp
    inputs: PlanInputs | None = Field(None, exclude_if=_is_absent)


class PlanRejected(IntentPayload):
    """No plan could be made."""

    topic = "plan.rejected"
    reason: PlanRejectionReason
    detail: str = Field(max_length=MAX_DETAIL_LENGTH)
    inputs: PlanInputs | None = Field(None, exclude_if=_is_absent)


class ExecutionPayload(IntentPayload):
    """Base of the payloads of an execution."""

    plan_id: Ulid


class ExecutionStarted(ExecutionPayload):
    """The orchestrator took the plan."""

    topic = "exec.started"
    venue: VenueName
    steps_total: int = Field(ge=1)


class StepPayload(ExecutionPayload):
    """Base of the payloads about one step."""

    step_index: int = Field(ge=0)
    tx_hash: TxHash = Field(pattern=r"^0x[0-9a-f]{64}$")


class StepSigned(StepPayload):
    """The transaction is signed and kept: from here on the swap may happen, and only once.

    `wallet` and `nonce` are its slot on the chain, which no other transaction of ours ever gets.
    """

    topic = "exec.step_signed"
    venue: VenueName
    wallet: Address
    nonce: int = Field(ge=0)
    step: ExecutionStep
    confirm_by: Timestamp
    """When an outcome still unknown becomes an operator's matter."""


class StepSubmitted(StepPayload):
    """The transaction was handed to the venue. Its outcome is unknown until a receipt."""

    topic = "exec.step_submitted"
    venue: VenueName
    step: ExecutionStep
    confirm_by: Timestamp
    """When an outcome still unknown becomes an operator's matter."""


class StepReorged(StepPayload):
    """The block that held the transaction left the chain: the same bytes were sent again."""

    topic = "exec.step_reorged"
    reorg_index: int = Field(ge=0)
    """Counts the reorgs of this step from 0."""
    block_number: int = Field(ge=0)
    block_hash: str = Field(pattern=r"^0x[0-9a-f]{64}$")
    """The block that is gone."""
    step: ExecutionStep
    confirm_by: Timestamp


class StepFilled(StepPayload):
    """The venue filled (part of) the step."""

    topic = "exec.step_filled"
    fill_index: int = Field(ge=0)
    amount_in: BaseUnits
    amount_out: BaseUnits
    cumulative_amount_in: BaseUnits
    cumulative_amount_out: BaseUnits
    final: bool
    """True on the last fill of the step."""
    block_number: int = Field(ge=0)
    step: ExecutionStep


class ExecutionCompleted(ExecutionPayload):
    """Every step is filled: the intent is settled."""

    topic = "exec.completed"
    amount_in: BaseUnits
    amount_out: BaseUnits
    tx_hash: TxHash = Field(pattern=r"^0x[0-9a-f]{64}$")


class ExecutionFailed(ExecutionPayload):
    """Execution ended without a settled fill, and `proof` says why nothing can be in flight."""

    topic = "exec.failed"
    reason: ExecutionFailureReason
    detail: str = Field(max_length=MAX_DETAIL_LENGTH)
    proof: Literal["not_submitted", "reverted", "cancelled", "nonce_taken"]
    attempts: int = Field(ge=1)


class ObservationPayload(Payload):
    """Base of what decisions refer to by its hash. Kept anew every day it is referred to."""

    day: Timestamp
    """Midnight, UTC."""


class TokensObserved(ObservationPayload):
    """The tokens a decision knew."""

    topic = "instrument.tokens_observed"
    tokens: tuple[RegisteredToken, ...] = Field(max_length=MAX_TOKENS)


class PoolObserved(ObservationPayload):
    """What of a pool only changes when liquidity is added or removed."""

    topic = "instrument.pool_observed"
    chain: str
    pool: Address
    token0: Asset
    token1: Asset
    fee_pips: int = Field(ge=0, le=1_000_000)
    tick_spacing: int = Field(ge=1, le=16_384)
    ticks: tuple[TickLiquidity, ...] = Field(max_length=MAX_INITIALIZED_TICKS)
    """Sorted by index, ascending."""


class MarketObserved(ObservationPayload):
    """All a decision could read of the market, in the order it would."""

    topic = "instrument.market_observed"
    tokens: ContentId
    """The instrument.tokens_observed."""
    pools: tuple[ObservedPool, ...] = Field(max_length=MAX_POOLS)
    heads: tuple[ChainHead, ...] = Field(max_length=MAX_CHAINS)


class DeadLetterRetried(Payload):
    """An operator sent a dead letter to its subject again."""

    topic = "system.dead_letter_retried"
    dead_letter_id: str = Field(max_length=128)


class DeadLetterResolved(Payload):
    """An operator closed a dead letter; `note` says why."""

    topic = "system.dead_letter_resolved"
    dead_letter_id: str = Field(max_length=128)
    note: str = Field(max_length=MAX_DETAIL_LENGTH)
