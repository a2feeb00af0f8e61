"""Tells the outcome of a wallet transaction as the venue's receipt."""

from collections.abc import Iterable
from typing import Final

from actors.venues.contract import Fill, Receipt
from tradewind.contracts.execution.payloads import SettledApproval, TransactionCost
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.trading.wallet.records import TransactionState, WalletTransaction

PROOFS: Final = {
    TransactionState.REVERTED: "reverted",
    TransactionState.CANCELLED: "cancelled",
    TransactionState.NONCE_TAKEN: "nonce_taken",
}


def receipt_of(swap: WalletTransaction, approvals: Iterable[WalletTransaction]) -> Receipt:
    """Return the receipt of a settled swap and of the settled approvals of its step."""
    told = tuple(_approval(one) for one in approvals if one.mined_block_number is not None)
    if swap.state is not TransactionState.SUCCEEDED:
        return Receipt(
            swap.tx_hash,
            (),
            final=True,
            revert_reason=ExecutionFailureReason(swap.reason),
            revert_detail=swap.detail,
            proof=PROOFS[swap.state],  # type: ignore[arg-type]
            settled_at=swap.settled_at,
            cost=_cost(swap),
            block_number=swap.mined_block_number,
            approvals=told,
            cancellation=_cancellation(swap),
        )
    assert swap.amount_in is not None
    assert swap.amount_out is not None
    assert swap.mined_block_number is not None
    fill = Fill(swap.amount_in, swap.amount_out, swap.mined_block_number, swap.log_index)
    return Receipt(
        swap.tx_hash,
        (fill,),
        final=True,
        settled_at=swap.settled_at,
        cost=_cost(swap),
        approvals=told,
    )


def _cancellation(swap: WalletTransaction) -> Cancellation | None:
    """Return the request to cancel its intent, if that is why the swap was not mined."""
    is_cancelled = swap.state is TransactionState.CANCELLED
    if not is_cancelled or swap.cancellation_id is None:
        return None
    assert swap.cancel_requested_by is not None
    assert swap.cancel_requested_at is not None
    return Cancellation(swap.cancellation_id, swap.cancel_requested_by, swap.cancel_requested_at)


def _approval(approval: WalletTransaction) -> SettledApproval:
    assert approval.mined_block_number is not None
    return SettledApproval(
        tx_hash=approval.tx_hash,
        token=approval.description["token"],
        spender=approval.description["spender"],
        amount=approval.description["amount"],
        succeeded=approval.state is TransactionState.SUCCEEDED,
        block_number=approval.mined_block_number,
        **dict(_cost(approval)),
    )


def _cost(transaction: WalletTransaction) -> TransactionCost:
    return TransactionCost(
        gas_used=transaction.gas_used,
        effective_gas_price_wei=transaction.effective_gas_price_wei,
        fee_wei=transaction.fee_wei,
        block_time=transaction.block_time,
        transaction_index=transaction.transaction_index,
    )
