"""Turns a receipt into the outcome it proves, with the reason of a revert."""

from datetime import UTC, datetime
from typing import Any, Final

import orjson
import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.failures import failure_of
from actors.venues.uniswap_v3.receipts import (
    RECEIPT,
    MinedReceipt,
    UnreadableReceipt,
    place,
    read_receipt,
)
from actors.venues.uniswap_v3.swap_receipt import SwapFill, read_fill
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_data, parse_quantity, to_data, to_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Reply
from tradewind.trading.chain.reverts import NO_REASON, decode_revert, is_revert, revert_reason
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.wallet.records import (
    Attempt,
    AttemptPurpose,
    Settlement,
    TransactionPurpose,
    TransactionState,
    WalletTransaction,
)

UNREPRODUCED: Final = "it reverted, and reverts for no reason that could be reproduced"

logger = structlog.get_logger("wallet")


def step_of(transaction: WalletTransaction) -> ExecutionStep:
    """Return the step that a swap transaction was signed for."""
    # The validation takes a list for a tuple in JSON only.
    return ExecutionStep.model_validate_json(orjson.dumps(transaction.description["step"]))


def allowance_in_doubt(
    transaction: WalletTransaction, settlement: Settlement
) -> tuple[str, str] | None:
    """Return token and spender of an allowance that is not what was projected, or None.

    It was projected for transactions that take effect, and for swaps that take all they are given.
    """
    described = transaction.description
    if transaction.purpose is TransactionPurpose.SWAP:
        step = described["step"]
        token, spender, planned = step["token_in"], transaction.target, int(step["amount_in"])
    elif transaction.purpose is TransactionPurpose.APPROVAL:
        token, spender, planned = described["token"], described["spender"], None
    else:
        return None
    is_as_projected = (
        settlement.state is TransactionState.SUCCEEDED and settlement.amount_in == planned
    )
    return None if is_as_projected else (token, spender)


def nonce_taken_settlement(transaction: WalletTransaction) -> Settlement:
    """Return the outcome of a transaction whose nonce a foreign transaction used."""
    return Settlement(
        TransactionState.NONCE_TAKEN,
        reason=ExecutionFailureReason.NONCE_TAKEN,
        detail=f"nonce {transaction.nonce} is used by a transaction that is not in the journal",
    )


async def settlement_of(
    client: RpcClient,
    wallet: str,
    transaction: WalletTransaction,
    attempt: Attempt,
    receipt: dict[str, Any],
    block_time: datetime | None = None,
) -> Settlement:
    """Return the outcome; UnreadableReceipt when no node has a receipt that says what happened.

    A caller that knows the time of the block saves a request. Raises RpcUnavailable when no node
    answers why it reverted.
    """
    read, fill = await _readable(client, wallet, transaction, attempt, receipt)
    state, reason, detail = TransactionState.SUCCEEDED, "", ""
    if attempt.purpose is AttemptPurpose.CANCEL:
        state, reason = TransactionState.CANCELLED, ExecutionFailureReason.CANCELLED
        detail = _why_cancelled(transaction)
    elif not read.succeeded:
        state = TransactionState.REVERTED
        reason, detail = await _why_reverted(client, wallet, transaction, attempt, read)
    elif fill is not None:
        detail = _say_disagreement(transaction, fill)
    return Settlement(
        state,
        tx_hash=attempt.tx_hash,
        block_number=read.block_number,
        block_hash=read.block_hash,
        amount_in=None if fill is None else fill.moved.amount_in,
        amount_out=None if fill is None else fill.moved.amount_out,
        gas_used=read.gas_used,
        effective_gas_price_wei=read.effective_gas_price_wei,
        reason=reason,
        detail=detail,
        fee_wei=read.fee_wei,
        block_time=block_time or read.block_time or await _time_of(client, read.block_hash),
        transaction_index=read.transaction_index,
        log_index=None if fill is None else fill.log_index,
    )


async def _readable(
    client: RpcClient,
    wallet: str,
    transaction: WalletTransaction,
    attempt: Attempt,
    receipt: dict[str, Any],
) -> tuple[MinedReceipt, SwapFill | None]:
    """Return the receipt and the swap it shows, of another node where this one's is unreadable."""

    def read(document: dict[str, Any]) -> tuple[MinedReceipt, SwapFill | None]:
        mined = read_receipt(document)
        if attempt.purpose is AttemptPurpose.CANCEL or not mined.succeeded:
            return mined, None
        if transaction.purpose is not TransactionPurpose.SWAP:
            return mined, None
        step = step_of(transaction)
        return mined, read_fill(mined.logs, step, wallet=wallet, router=transaction.target)

    try:
        return read(receipt)
    except UnreadableReceipt as error:
        unreadable = error
    async for reply in client.every_answer(Call(RECEIPT, (attempt.tx_hash,))):
        try:
            placed = place(reply, attempt.tx_hash)
            if placed is not None and placed["blockHash"] == receipt.get("blockHash"):
                return read(placed)
        except UnreadableReceipt:
            continue
    raise unreadable


def _say_disagreement(transaction: WalletTransaction, fill: SwapFill) -> str:
    """Say when the wallet's transfers differ from what the pools moved; they are what counts."""
    if fill.disagreement:
        metrics.FILL_DISAGREEMENTS.inc()
        logger.error(
            "a token moved other amounts than the pools",
            nonce=transaction.nonce,
            plan_id=transaction.key.plan_id,
            detail=fill.disagreement,
        )
    return fill.disagreement


async def _time_of(client: RpcClient, block_hash: str) -> datetime | None:
    """Return the time of a block, or None where no node tells: only bookkeeping needs it."""
    try:
        header = await client.call("eth_getBlockByHash", block_hash, False)
        return datetime.fromtimestamp(parse_quantity(header["timestamp"]), UTC)
    except (
        *(RpcUnavailable, RpcRefused, TypeError, KeyError),
        *(ValueError, OverflowError, OSError),
    ):
        return None


def _why_cancelled(transaction: WalletTransaction) -> str:
    if transaction.cancel_requested_by is not None:
        return f"cancelled on request of {transaction.cancel_requested_by}"
    return "cancelled, no block had taken it before its deadline"


async def _why_reverted(
    client: RpcClient,
    wallet: str,
    transaction: WalletTransaction,
    attempt: Attempt,
    receipt: MinedReceipt,
) -> tuple[ExecutionFailureReason, str]:
    """Return the first reason found in a trace, in a replay after its block, or in one before it.

    A replay before the block alone is not enough: a swap's approval is often in the same block.
    """
    if receipt.gas_used is not None and receipt.gas_used >= attempt.gas_limit:
        return failure_of("out of gas")
    traced = await _traced(client, attempt.tx_hash)
    if traced is not None:
        return failure_of(traced)
    call = {
        "from": wallet,
        "to": transaction.target,
        "data": to_data(transaction.data),
        "gas": to_quantity(attempt.gas_limit),
    }
    numbers = (receipt.block_number, max(0, receipt.block_number - 1))
    try:
        replays = await client.batch(
            [Call("eth_call", (call, to_quantity(number))) for number in numbers]
        )
    except RpcUnavailable:
        # Nodes that answer at all have dropped the state of these blocks, and never say more.
        await client.batch([Call("eth_blockNumber")])
        return failure_of(UNREPRODUCED)
    return failure_of(next(filter(None, map(_replayed, replays)), UNREPRODUCED))


async def _traced(client: RpcClient, tx_hash: str) -> str | None:
    """Return the reason in a trace, asked for alone: many nodes refuse a batch with this method.

    A trace without an error gives no reason: its output is what the call returned.
    """
    try:
        trace = await client.call("debug_traceTransaction", tx_hash, {"tracer": "callTracer"})
    except (RpcUnavailable, RpcRefused):
        return None
    error = trace.get("error") if isinstance(trace, dict) else None
    if not error:
        return None
    try:
        text = decode_revert(parse_data(trace.get("output")))
    except ValueError:
        text = NO_REASON
    if text == NO_REASON:
        return None if "revert" in str(error).lower() else str(error)
    return text


def _replayed(reply: Reply) -> str | None:
    return revert_reason(reply) if isinstance(reply, Fault) and is_revert(reply) else None
