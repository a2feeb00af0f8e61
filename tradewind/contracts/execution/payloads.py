"""The events the orchestrator emits while it executes a plan."""

from typing import Final, Literal

from pydantic import Field

from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.execution.simulation import ExecutionInputs
from tradewind.contracts.ids import Ulid
from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, IntentPayload, is_absent
from tradewind.contracts.plans.model import ExecutionStep, VenueName
from tradewind.contracts.wire import BaseUnits, Timestamp, WireModel

PARTIAL: Final = "partial"
FINAL: Final = "final"

TxHash = str
TX_HASH_PATTERN: Final = r"^0x[0-9a-f]{64}$"


class TransactionCost(WireModel):
    """What a mined transaction cost, and where in the chain it is; absent where that is unknown.

    The simulated venue charges what its plan expected: the whole with the first fill of a swap, and
    nothing with those that follow. Events recorded before these fields lack them.
    """

    gas_used: int | None = Field(None, ge=0, exclude_if=is_absent)
    effective_gas_price_wei: BaseUnits | None = Field(None, exclude_if=is_absent)
    """The price of a unit of gas."""
    fee_wei: BaseUnits | None = Field(None, exclude_if=is_absent)
    """What the wallet paid in all, on a rollup with the fee for its parent chain."""
    block_time: Timestamp | None = Field(None, exclude_if=is_absent)
    transaction_index: int | None = Field(None, ge=0, exclude_if=is_absent)
    """The transaction's place in its block, from 0."""


class SettledApproval(TransactionCost):
    """A transaction that approved tokens for the router, for the swap of a step."""

    tx_hash: TxHash = Field(pattern=TX_HASH_PATTERN)
    token: Address
    spender: Address
    amount: BaseUnits
    """What it approved; 0 takes an earlier allowance back."""
    succeeded: bool
    """Whether it took effect; it cost gas either way."""
    block_number: int = Field(ge=0)


class SettlementPayload(TransactionCost):
    """Base of the payloads about a step's outcome on a chain."""

    approvals: tuple[SettledApproval, ...] | None = Field(None, exclude_if=is_absent)
    """The approvals signed for the step, in the order of their nonces; absent where none were."""


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
    tx_hash: TxHash = Field(pattern=TX_HASH_PATTERN)
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
    approval: Ulid | None = Field(None, exclude_if=is_absent)
    """The risk.approved that allows it."""
    inputs: ExecutionInputs | None = Field(None, exclude_if=is_absent)
    """What it was executed against; on the simulated venue only."""


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


class StepFilled(StepPayload, SettlementPayload):
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
    log_index: int | None = Field(None, ge=0, exclude_if=is_absent)
    """The place of the swap's last log in its block, from 0."""
    pool_fee: BaseUnits | None = Field(None, exclude_if=is_absent)
    """What the pools kept, in units of the token paid: it is a part of `amount_in`. The simulated
    venue tells it; on a chain it follows from the step's route."""

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
    tx_hash: TxHash = Field(pattern=TX_HASH_PATTERN)


class ExecutionFailed(ExecutionPayload, SettlementPayload):
    """Execution ended without a settled fill, and `proof` says why nothing can be in flight."""

    topic = "exec.failed"
    ends_history = True
    reason: ExecutionFailureReason
    detail: str = Field(max_length=MAX_DETAIL_LENGTH)
    proof: Literal["not_submitted", "reverted", "cancelled", "nonce_taken"]
    attempts: int = Field(ge=1)
    tx_hash: TxHash | None = Field(None, pattern=TX_HASH_PATTERN, exclude_if=is_absent)
    """The transaction that was mined without effect: the swap, or the one that cancelled it."""
    block_number: int | None = Field(None, ge=0, exclude_if=is_absent)

    @property
    def case(self) -> str:
        """The proof that nothing is in flight."""
        return self.proof
