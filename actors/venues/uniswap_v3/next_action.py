"""Decides the next action on a wallet transaction, from its record and a view of the chain.

A node may lie, lag or know nothing. Only a receipt settles a transaction; only a block with
another hash at the same number counts as a reorg; a nonce that looks taken halts the wallet until
an operator has acknowledged it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from tradewind.trading.chain.broadcast import BroadcastOutcome
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.wallet.records import (
    Attempt,
    AttemptPurpose,
    TransactionState,
    WalletTransaction,
)

UNTOLD_FACTOR: Final = 15
"""What a node says it has is broadcast again this much later: it may be wrong, but rarely is."""


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """How many confirmations settle a transaction, and how long to wait before each action."""

    confirmations: int
    rebroadcast_after: timedelta
    replace_after: timedelta
    foreign_grace: timedelta

    @classmethod
    def from_settings(cls, settings: ChainSettings) -> "WatchPolicy":
        """Return the policy that the settings configure."""
        return cls(
            settings.confirmations,
            timedelta(seconds=settings.rebroadcast_after_seconds),
            timedelta(seconds=settings.replace_after_seconds),
            timedelta(seconds=settings.foreign_grace_seconds),
        )


@dataclass(frozen=True, slots=True)
class ChainView:
    """The state of the chain and of our transactions, as one node answered one request."""

    head_number: int
    head_hash: str
    head_time: datetime
    base_fee_wei: int
    next_nonce: int
    """The number of the wallet's transactions that are mined."""
    pending_nonce: int | None = None
    """The first nonce the node has no transaction for; None where it cannot tell."""
    parent_hash: str = ""
    receipts: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """Receipts by transaction hash."""
    unreadable: Collection[str] = ()
    """Hashes whose receipt does not say in which block it is: mined, but nothing is known."""
    block_hashes: Mapping[int, str] = field(default_factory=dict)
    """Hashes of the chain's present blocks at the numbers where our transactions were mined."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing in this pass."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Broadcast the latest attempt, whether or not nodes had it before."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace the latest attempt by the same call at higher fees."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Replace the latest attempt by a transfer of nothing at higher fees."""


@dataclass(frozen=True, slots=True)
class NoteMined:
    """Record the block that holds the transaction."""

    tx_hash: str
    block_number: int
    block_hash: str


@dataclass(frozen=True, slots=True)
class NoteReorg:
    """Record that the block of the transaction left the chain."""

    block_hash: str


@dataclass(frozen=True, slots=True)
class Settle:
    """Record the outcome, which is final."""

    tx_hash: str


@dataclass(frozen=True, slots=True)
class NoteForeign:
    """Record that the nonce looks taken from now on."""


@dataclass(frozen=True, slots=True)
class ClearForeign:
    """Record that the nonce does not look taken any more."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Halt the wallet: a foreign transaction has the nonce, and an operator has to look at it."""

    reason: str


@dataclass(frozen=True, slots=True)
class GiveUpNonce:
    """Settle as nonce taken: an operator has acknowledged it, so the step can never happen."""


type Action = (
    Wait
    | Broadcast
    | Replace
    | Cancel
    | NoteMined
    | NoteReorg
    | Settle
    | NoteForeign
    | ClearForeign
    | Halt
    | GiveUpNonce
)

WAIT: Final = Wait()


def assess(
    transaction: WalletTransaction, view: ChainView, now: datetime, policy: WatchPolicy
) -> Action:
    """Return the next action on an open transaction."""
    for attempt in transaction.attempts:
        receipt = view.receipts.get(attempt.tx_hash)
        if receipt is not None:
            return _with_receipt(transaction, attempt.tx_hash, receipt, view, policy)
    if transaction.state is TransactionState.MINED:
        return _without_receipt(transaction, view)
    if any(attempt.tx_hash in view.unreadable for attempt in transaction.attempts):
        return WAIT
    if view.next_nonce > transaction.nonce:
        return _with_nonce_taken(transaction, now, policy)
    if transaction.foreign_since is not None:
        return ClearForeign()
    return _while_pending(transaction, view, now, policy)


def _with_receipt(
    transaction: WalletTransaction,
    tx_hash: str,
    receipt: dict[str, Any],
    view: ChainView,
    policy: WatchPolicy,
) -> Action:
    block_number = parse_quantity(receipt["blockNumber"])
    block_hash: str = receipt["blockHash"]
    if transaction.state is TransactionState.MINED and transaction.mined_block_hash != block_hash:
        assert transaction.mined_block_hash is not None
        return NoteReorg(transaction.mined_block_hash)
    if any(reorg.block_hash == block_hash for reorg in transaction.reorgs):
        return WAIT  # this node still follows a block that the other nodes have left
    if view.head_number - block_number + 1 >= policy.confirmations:
        return Settle(tx_hash)
    if transaction.state is TransactionState.MINED:
        return WAIT
    return NoteMined(tx_hash, block_number, block_hash)


def _without_receipt(transaction: WalletTransaction, view: ChainView) -> Action:
    """Return a reorg only where another block has the number: a missing receipt proves nothing."""
    assert transaction.mined_block_number is not None
    assert transaction.mined_block_hash is not None
    current = view.block_hashes.get(transaction.mined_block_number)
    if current is not None and current != transaction.mined_block_hash:
        return NoteReorg(transaction.mined_block_hash)
    return WAIT


def _with_nonce_taken(transaction: WalletTransaction, now: datetime, policy: WatchPolicy) -> Action:
    if transaction.foreign_since is None:
        return NoteForeign()
    if now - transaction.foreign_since < policy.foreign_grace:
        return WAIT
    if transaction.foreign_acknowledged_at is not None:
        return GiveUpNonce()
    return Halt(f"nonce {transaction.nonce} is used by a transaction that is not in the journal")


def _while_pending(
    transaction: WalletTransaction, view: ChainView, now: datetime, policy: WatchPolicy
) -> Action:
    latest = transaction.latest
    is_given_up = (
        transaction.cancel_requested_at is not None or view.head_time > transaction.deadline
    )
    if is_given_up and latest.purpose is not AttemptPurpose.CANCEL:
        return Cancel()
    if latest.broadcast_at is None:
        return Broadcast()
    if _is_too_cheap(latest, now, policy) or _is_stuck(transaction, view, now, policy):
        return Replace()
    is_lacked = (
        view.pending_nonce is None
        or transaction.nonce >= view.pending_nonce
        or transaction.state is TransactionState.SIGNED
    )
    patience = policy.rebroadcast_after * (1 if is_lacked else UNTOLD_FACTOR)
    return Broadcast() if now - latest.broadcast_at >= patience else WAIT


def _is_too_cheap(latest: Attempt, now: datetime, policy: WatchPolicy) -> bool:
    """Return whether a node called the fees too low, and the signature is `rebroadcast_after` old.

    Raising them at every pass would reach the cap at once. The time counts from the signature,
    because every rebroadcast renews the time of the broadcast.
    """
    is_underpriced = latest.broadcast_answer.startswith(BroadcastOutcome.UNDERPRICED)
    return is_underpriced and now - latest.signed_at >= policy.rebroadcast_after


def _is_stuck(
    transaction: WalletTransaction, view: ChainView, now: datetime, policy: WatchPolicy
) -> bool:
    """Return whether the next transaction to be mined has stayed pending for `replace_after`."""
    is_next = (
        view.next_nonce == transaction.nonce and transaction.state is not TransactionState.SIGNED
    )
    return is_next and now - transaction.latest.signed_at >= policy.replace_after
