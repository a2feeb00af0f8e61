"""The events about wallets. Nobody has to act on them but on a request to reconcile."""

from typing import Annotated, Literal

from pydantic import Field

from tradewind.contracts.execution.payloads import TX_HASH_PATTERN, TransactionCost
from tradewind.contracts.ids import Ulid
from tradewind.contracts.instruments.assets import MAX_TOKEN_DECIMALS, MAX_TOKENS, Address
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload, is_absent
from tradewind.contracts.system.payloads import MAX_OPERATOR_LENGTH
from tradewind.contracts.wallets.report import (
    BlockHash,
    Currency,
    ReconciliationReport,
    SignedUnits,
    WalletId,
)
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp

TransactionOutcome = Literal["succeeded", "reverted", "cancelled", "nonce_taken"]


class OpeningBalance(Document):
    """What a wallet held of a token when it was registered."""

    currency: Currency
    token: Address | None = Field(None, exclude_if=is_absent)
    """Absent for the native currency."""
    decimals: int = Field(ge=0, le=MAX_TOKEN_DECIMALS)
    amount: BaseUnits


class WalletRegistered(Payload):
    """The wallet is reconciled from this block on, in which it held these balances."""

    topic = "wallet.registered"
    ends_history = True
    wallet_id: WalletId
    name: str = Field(max_length=64)
    chain_id: int = Field(ge=1)
    address: Address
    block_number: int = Field(ge=0)
    block_hash: BlockHash
    block_time: Timestamp
    nonce: int = Field(ge=0)
    """How many transactions of the wallet the chain counted in the block."""
    balances: Annotated[tuple[OpeningBalance, ...], Field(max_length=MAX_TOKENS + 1)]
    """Tokens it held nothing of are left out."""


class SwapMovement(Document):
    """What a swap took and brought, by the wallet's Transfer logs."""

    token_in: Address
    amount_in: BaseUnits
    token_out: Address
    amount_out: BaseUnits


class ApprovalMade(Document):
    """What an approval allows."""

    token: Address
    spender: Address
    amount: BaseUnits


class WalletTransactionSettled(Payload, TransactionCost):
    """A transaction of the wallet has its outcome: every one of them is told, and what it cost.

    All of it is read from the journal's row, so anybody who tells it makes the same bytes.
    """

    topic = "wallet.transaction_settled"
    ends_history = True
    wallet_id: WalletId
    chain_id: int = Field(ge=1)
    wallet: Address
    nonce: int = Field(ge=0)
    purpose: Literal["swap", "approval", "filler"]
    outcome: TransactionOutcome
    plan_id: Ulid | None = Field(None, exclude_if=is_absent)
    step_index: int | None = Field(None, ge=0, exclude_if=is_absent)
    tx_hash: str | None = Field(None, pattern=TX_HASH_PATTERN, exclude_if=is_absent)
    """The attempt that was mined; absent where a foreign transaction took the nonce."""
    block_number: int | None = Field(None, ge=0, exclude_if=is_absent)
    block_hash: BlockHash | None = Field(None, exclude_if=is_absent)
    swap: SwapMovement | None = Field(None, exclude_if=is_absent)
    """Absent unless a swap took effect."""
    approval: ApprovalMade | None = Field(None, exclude_if=is_absent)
    """Absent unless an approval took effect."""
    reason: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)

    @property
    def case(self) -> str:
        """The outcome."""
        return self.outcome


class WalletReconcileRequested(Payload):
    """Somebody asked for all wallets to be compared with the chain now."""

    topic = "wallet.reconcile_requested"
    awaits_nobody = True
    report_id: Ulid
    threshold: DecimalString = Field(ge=0)
    requested_by: str = Field(min_length=1, max_length=MAX_OPERATOR_LENGTH)


class WalletReconciled(Payload):
    """All wallets were compared with the chain; what was explained is booked from here on."""

    topic = "wallet.reconciled"
    ends_history = True
    report: ReconciliationReport


class Adjustment(Document):
    """A part of a drift that an operator accepts: from here on the wallet is to hold it."""

    currency: Currency
    token: Address | None = Field(None, exclude_if=is_absent)
    amount: SignedUnits
    tx_hash: str | None = Field(None, pattern=TX_HASH_PATTERN, exclude_if=is_absent)


class WalletResumed(Payload):
    """An operator resumed a wallet that a drift had frozen, and answers for the difference."""

    topic = "wallet.resumed"
    ends_history = True
    wallet_id: WalletId
    resumed_by: str = Field(min_length=1, max_length=MAX_OPERATOR_LENGTH)
    note: str = Field(min_length=1, max_length=MAX_DETAIL_LENGTH)
    adjustments: Annotated[tuple[Adjustment, ...], Field(max_length=MAX_TOKENS)]
