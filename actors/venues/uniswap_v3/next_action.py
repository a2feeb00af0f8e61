"""What to do about a slot, as a pure function of the slot and of what the chain shows.

A node may lie, lag or know nothing. Only a receipt settles a slot; only a block with another hash
where ours was counts as a reorg; a nonce that looks taken halts the wallet and waits for people.
"""

from collections.abc import Mapping
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


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """How long each patience lasts."""

    confirmations: int
    rebroadcast_after: timedelta
    replace_after: timedelta
    foreign_grace: timedelta

    @classmethod
    def from_settings(cls, settings: ChainSettings) -> "WatchPolicy":
        """Return the configured policy."""
        return cls(
            settings.confirmations,
            timedelta(seconds=settings.rebroadcast_after_seconds),
            timedelta(seconds=settings.replace_after_seconds),
            timedelta(seconds=settings.foreign_grace_seconds),
        )


@dataclass(frozen=True, slots=True)
class ChainView:
    """What one node said in one answer."""

    head_number: int
    head_hash: str
    head_time: datetime
    base_fee_wei: int
    suggested_priority_fee_wei: int
    next_nonce: int
    """How many transactions of the wallet are mined."""
    receipts: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """By transaction hash."""
    block_hashes: Mapping[int, str] = field(default_factory=dict)
    """The chain's blocks at the numbers where ours were seen."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Hand the latest generation to the nodes, again if need be."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Sign the same call at higher fees."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Sign a transfer of nothing at higher fees."""


@dataclass(frozen=True, slots=True)
class NoteMined:
    """Keep in which block it was seen."""

    tx_hash: str
    block_number: int
    block_hash: str


@dataclass(frozen=True, slots=True)
class NoteReorg:
    """Keep that its block left the chain."""

    block_hash: str


@dataclass(frozen=True, slots=True)
class Settle:
    """Keep the outcome for good."""

    tx_hash: str


@dataclass(frozen=True, slots=True)
class NoteForeign:
    """Keep since when the nonce looks taken."""


@dataclass(frozen=True, slots=True)
class ClearForeign:
    """It does not any more."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A transaction we did not sign has the nonce: nothing may be signed until people looked."""

    reason: str


@dataclass(frozen=True, slots=True)
class GiveUpNonce:
    """People know that the nonce is taken: the step can never happen."""


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
    """Return the one next thing to do about an open slot."""
    for attempt in transaction.attempts:
        receipt = view.receipts.get(attempt.tx_hash)
        if receipt is not None:
            return _with_receipt(transaction, attempt.tx_hash, receipt, view, policy)
    if transaction.state is TransactionState.MINED:
        return _without_its_receipt(transaction, view)
    if view.next_nonce > transaction.nonce:
        return _nonce_taken(transaction, now, policy)
    if transaction.foreign_since is not None:
        return ClearForeign()
    return _still_waiting(transaction, view, now, policy)


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
        return WAIT  # a node that still believes in a block the others have left
    if view.head_number - block_number + 1 >= policy.confirmations:
        return Settle(tx_hash)
    if transaction.state is TransactionState.MINED:
        return WAIT
    return NoteMined(tx_hash, block_number, block_hash)


def _without_its_receipt(transaction: WalletTransaction, view: ChainView) -> Action:
    """A missing receipt proves nothing; another block in the place of ours does."""
    assert transaction.mined_block_number is not None
    assert transaction.mined_block_hash is not None
    current = view.block_hashes.get(transaction.mined_block_number)
    if current is not None and current != transaction.mined_block_hash:
        return NoteReorg(transaction.mined_block_hash)
    return WAIT


def _nonce_taken(transaction: WalletTransaction, now: datetime, policy: WatchPolicy) -> Action:
    if transaction.foreign_since is None:
        return NoteForeign()
    if now - transaction.foreign_since < policy.foreign_grace:
        return WAIT
    if transaction.foreign_acknowledged_at is not None:
        return GiveUpNonce()
    return Halt(f"nonce {transaction.nonce} is used by a transaction that is not in the journal")


def _still_waiting(
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
    return Broadcast() if now - latest.broadcast_at >= policy.rebroadcast_after else WAIT


def _is_too_cheap(latest: Attempt, now: datetime, policy: WatchPolicy) -> bool:
    """Return whether a node said so, a while ago: one raise after the other would end at the cap.

    Counted from its signature, for it is offered again and again.
    """
    is_underpriced = latest.broadcast_answer.startswith(BroadcastOutcome.UNDERPRICED)
    return is_underpriced and now - latest.signed_at >= policy.rebroadcast_after


def _is_stuck(
    transaction: WalletTransaction, view: ChainView, now: datetime, policy: WatchPolicy
) -> bool:
    """Return whether nodes have had it for long although it is the next to be mined."""
    is_next = (
        view.next_nonce == transaction.nonce and transaction.state is not TransactionState.SIGNED
    )
    return is_next and now - transaction.latest.signed_at >= policy.replace_after
