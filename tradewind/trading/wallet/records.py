"""Records of the journal. Amounts and fees are wei or base units; times are the database's."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class StepKey(NamedTuple):
    """The identity of a step, for which at most one transaction ever has an effect."""

    plan_id: str
    step_index: int


class StepOutcome(StrEnum):
    """What was decided about a step."""

    SIGNED = "signed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    """Its intent was: the reason is the request's id, the detail who made it."""


class TransactionPurpose(StrEnum):
    """What a wallet transaction is for."""

    SWAP = "swap"
    APPROVAL = "approval"
    """It lets the router take the tokens of the swap that follows it."""
    FILLER = "filler"
    """It transfers nothing, at a nonce the chain waits for and no step has."""


class TransactionState(StrEnum):
    """The state of a wallet transaction. The last four are final."""

    SIGNED = "signed"
    BROADCAST = "broadcast"
    MINED = "mined"
    """It is in a block that lacks confirmations; a reorg takes it back to broadcast."""
    SUCCEEDED = "succeeded"
    REVERTED = "reverted"
    CANCELLED = "cancelled"
    NONCE_TAKEN = "nonce_taken"
    """A foreign transaction has the nonce, and an operator acknowledged it."""

    @property
    def is_settled(self) -> bool:
        """Return whether the outcome is final."""
        return self in _SETTLED


_SETTLED = frozenset(
    {
        TransactionState.SUCCEEDED,
        TransactionState.REVERTED,
        TransactionState.CANCELLED,
        TransactionState.NONCE_TAKEN,
    }
)


class AttemptPurpose(StrEnum):
    """Why an attempt was signed."""

    ORIGINAL = "original"
    REPLACEMENT = "replacement"
    """The same call at higher fees."""
    CANCEL = "cancel"
    """A transfer of zero wei to the wallet itself, which uses up the nonce."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """An account and the next nonce it gives out."""

    chain_id: int
    address: str
    first_block_hash: str
    """Hash of the chain's block 1: development chains share a chain id, but not this."""
    next_nonce: int
    halted_reason: str | None
    halted_at: datetime | None
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class StepDecision:
    """The only decision about a step: later ones lose. `nonce` is set when it was signed."""

    key: StepKey
    outcome: StepOutcome
    reason: str
    detail: str
    address: str | None
    nonce: int | None
    decided_at: datetime


class Progress(NamedTuple):
    """How far a transaction is, without its bytes, attempts and outcome."""

    nonce: int
    submitted_at: datetime | None
    """When a node first accepted it, as far as the journal knows."""
    is_settled: bool
    reorgs: int
    """How many blocks with it left the chain before it was settled."""


@dataclass(frozen=True, slots=True)
class Fees:
    """EIP-1559: the most a unit of gas may cost, and the most of it for the block's proposer."""

    max_fee_per_gas_wei: int
    max_priority_fee_per_gas_wei: int


@dataclass(frozen=True, slots=True)
class TransactionRequest:
    """A transaction that has no nonce yet."""

    purpose: TransactionPurpose
    target: str
    """Address of the contract it calls."""
    data: bytes
    gas_limit: int
    fees: Fees
    deadline: datetime
    """After this time the call reverts on chain, so the transaction may be cancelled."""
    description: dict[str, Any] = field(default_factory=dict)
    """What it does, as JSON: people read it, and settlement needs it to read the receipt."""


@dataclass(frozen=True, slots=True)
class TransactionPlan:
    """The transactions of a step in order of their nonces, the swap last."""

    requests: tuple[TransactionRequest, ...]
    allowance_after: int
    """The router's allowance once all of them are mined, in base units."""


@dataclass(frozen=True, slots=True)
class UnsignedTransaction:
    """Everything a signature covers (EIP-1559). It never carries ether."""

    chain_id: int
    nonce: int
    target: str
    data: bytes
    gas_limit: int
    fees: Fees


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """The raw bytes for eth_sendRawTransaction, and their hash (0x and 64 hexadecimal digits)."""

    raw: bytes
    tx_hash: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed form of a wallet transaction. All its attempts stay valid until one is mined."""

    number: int
    """Counts from 0."""
    purpose: AttemptPurpose
    tx_hash: str
    raw: bytes
    gas_limit: int
    fees: Fees
    signed_at: datetime
    broadcast_at: datetime | None
    broadcast_answer: str


@dataclass(frozen=True, slots=True)
class Reorg:
    """A block that held the transaction and left the chain."""

    reorg_index: int
    tx_hash: str
    block_number: int
    block_hash: str
    after_settlement: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """The final outcome of a wallet transaction."""

    state: TransactionState
    tx_hash: str | None = None
    """Hash of the attempt that was mined; None when a foreign transaction took the nonce."""
    block_number: int | None = None
    block_hash: str | None = None
    amount_in: int | None = None
    amount_out: int | None = None
    gas_used: int | None = None
    effective_gas_price_wei: int | None = None
    reason: str = ""
    detail: str = ""
    fee_wei: int | None = None
    """What it cost in all."""
    block_time: datetime | None = None
    transaction_index: int | None = None
    log_index: int | None = None
    """The place of a swap's last log in its block."""


@dataclass(frozen=True, slots=True)
class WalletTransaction:
    """A nonce of a wallet and every attempt signed for it."""

    nonce: int
    purpose: TransactionPurpose
    key: StepKey
    target: str
    data: bytes
    deadline: datetime
    description: dict[str, Any]
    state: TransactionState
    mined_block_number: int | None
    mined_block_hash: str | None
    mined_tx_hash: str | None
    amount_in: int | None
    amount_out: int | None
    gas_used: int | None
    effective_gas_price_wei: int | None
    fee_wei: int | None
    block_time: datetime | None
    transaction_index: int | None
    log_index: int | None
    reason: str
    detail: str
    submitted_at: datetime | None
    """When a node first accepted it, as far as the journal knows."""
    foreign_since: datetime | None
    """Since when a foreign transaction seems to have the nonce."""
    foreign_acknowledged_at: datetime | None
    """When an operator resumed the wallet although the nonce seemed taken."""
    cancel_requested_at: datetime | None
    cancel_requested_by: str | None
    cancellation_id: str | None
    """The request to cancel its intent, where that is why."""
    created_at: datetime
    settled_at: datetime | None
    attempts: tuple[Attempt, ...]
    """The attempts in the order they were signed; never empty."""
    reorgs: tuple[Reorg, ...]
    """The reorgs in the order they were seen."""

    @property
    def latest(self) -> Attempt:
        """The newest attempt, which replaces all before it."""
        return self.attempts[-1]

    @property
    def tx_hash(self) -> str:
        """The hash to show: the mined attempt's, else the latest one's."""
        return self.mined_tx_hash or self.latest.tx_hash
