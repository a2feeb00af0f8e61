"""The events the orchestrator emits while it executes a plan."""

from typing import Final, Literal

from pydantic import Field

from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.ids import Ulid
from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, IntentPayload, is_absent
from tradewind.contracts.plans.model import ExecutionStep, VenueName
from tradewind.contracts.wire import BaseUnits, Timestamp

PARTIAL: Final = "partial"
FINAL: Final = "final"

TxHash = str


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
    strategy_id: StrategyId | None = Field(None, exclude_if=is_absent)
    """The strategy whose step it is; left out where it is called like `key.portfolio`."""


class StepSigned(StepPayload):
    """The transaction is signed and stored: from here on the swap may happen, and only once.

    We never sign another step for this `nonce` of `wallet`, so the chain executes it at most once.
    """

    topic = "exec.step_signed"
    venue: VenueName
    wallet: Address
    nonce: int = Field(ge=0)
    step: ExecutionStep
    confirm_by: Timestamp
    """If the outcome is still unknown at this time, an operator has to look into it."""


class StepSubmitted(StepPayload):
    """The transaction was handed to the venue. Its outcome is unknown until a receipt."""

    topic = "exec.step_submitted"
    venue: VenueName
    step: ExecutionStep
    confirm_by: Timestamp
    """If the outcome is still unknown at this time, an operator has to look into it."""


class StepReorged(StepPayload):
    """The block that held the transaction left the chain: the same bytes were sent again."""

    topic = "exec.step_reorged"
    reorg_index: int = Field(ge=0)
    """Counts the reorgs of this step from 0."""
    block_number: int = Field(ge=0)
    block_hash: str = Field(pattern=r"^0x[0-9a-f]{64}$")
    """The hash of the block that left the chain."""
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

    @property
    def case(self) -> str:
        """`partial` or `final`: whether more fills of the step follow."""
        return FINAL if self.final else PARTIAL


class ExecutionCompleted(ExecutionPayload):
    """Every step is filled: the intent is settled."""

    topic = "exec.completed"
    ends_history = True
    amount_in: BaseUnits
    amount_out: BaseUnits
    tx_hash: TxHash = Field(pattern=r"^0x[0-9a-f]{64}$")


class ExecutionFailed(ExecutionPayload):
    """Execution ended without a settled fill, and `proof` says why nothing can be in flight."""

    topic = "exec.failed"
    ends_history = True
    reason: ExecutionFailureReason
    detail: str = Field(max_length=MAX_DETAIL_LENGTH)
    proof: Literal["not_submitted", "reverted", "cancelled", "nonce_taken"]
    attempts: int = Field(ge=1)

    @property
    def case(self) -> str:
        """The proof that nothing is in flight."""
        return self.proof
