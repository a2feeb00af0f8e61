"""Turns a receipt into the outcome it proves, with the reason of a revert."""

from typing import Any

import orjson

from actors.venues.uniswap_v3.failures import failure_of
from actors.venues.uniswap_v3.swap_receipt import read_fill
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.chain.errors import RpcUnavailable
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

SUCCEEDED = "0x1"
UNREPRODUCED = "it reverted, and reverts for no reason that could be reproduced"


def step_of(transaction: WalletTransaction) -> ExecutionStep:
    """Return the step that a swap transaction was signed for."""
    # The validation takes a list for a tuple in JSON only.
    return ExecutionStep.model_validate_json(orjson.dumps(transaction.description["step"]))


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
) -> Settlement:
    """Return the outcome; UnreadableReceipt when a successful swap's logs are missing.

    Raises RpcUnavailable when no node answers why it reverted.
    """
    state, reason, detail = TransactionState.SUCCEEDED, "", ""
    amount_in = amount_out = None
    if attempt.purpose is AttemptPurpose.CANCEL:
        state, reason = TransactionState.CANCELLED, ExecutionFailureReason.CANCELLED
        detail = _why_cancelled(transaction)
    elif receipt["status"] != SUCCEEDED:
        state = TransactionState.REVERTED
        reason, detail = await _why_reverted(client, wallet, transaction, attempt, receipt)
    elif transaction.purpose is TransactionPurpose.SWAP:
        amount_in, amount_out = read_fill(receipt, step_of(transaction))
    return Settlement(
        state,
        tx_hash=attempt.tx_hash,
        block_number=parse_quantity(receipt["blockNumber"]),
        block_hash=receipt["blockHash"],
        amount_in=amount_in,
        amount_out=amount_out,
        gas_used=parse_quantity(receipt["gasUsed"]),
        effective_gas_price_wei=parse_quantity(receipt["effectiveGasPrice"]),
        reason=reason,
        detail=detail,
    )


def _why_cancelled(transaction: WalletTransaction) -> str:
    if transaction.cancel_requested_by is not None:
        return f"cancelled on request of {transaction.cancel_requested_by}"
    return "cancelled, no block had taken it before its deadline"


async def _why_reverted(
    client: RpcClient,
    wallet: str,
    transaction: WalletTransaction,
    attempt: Attempt,
    receipt: dict[str, Any],
) -> tuple[ExecutionFailureReason, str]:
    """Return the first reason found in a trace, in a replay after its block, or in one before it.

    A replay before the block alone is not enough: a swap's approval is often in the same block.
    """
    if parse_quantity(receipt["gasUsed"]) >= attempt.gas_limit:
        return failure_of("out of gas")
    number = parse_quantity(receipt["blockNumber"])
    call = {
        "from": wallet,
        "to": transaction.target,
        "data": to_data(transaction.data),
        "gas": to_quantity(attempt.gas_limit),
    }
    traced = await _traced_reason(client, attempt.tx_hash)
    if traced is not None:
        return failure_of(traced)
    replays = await client.batch(
        [
            Call("eth_call", (call, to_quantity(number))),
            Call("eth_call", (call, to_quantity(max(0, number - 1)))),
        ]
    )
    return failure_of(next(filter(None, map(_replayed, replays)), UNREPRODUCED))


async def _traced_reason(client: RpcClient, tx_hash: str) -> str | None:
    """Return the reason in a trace; None where no node traces, however it says so.

    It is asked by itself: many nodes do not have the method, and some refuse every call beside it.
    """
    try:
        (trace,) = await client.batch(
            [Call("debug_traceTransaction", (tx_hash, {"tracer": "callTracer"}))]
        )
    except RpcUnavailable:
        return None
    return _traced(trace)


def _traced(reply: Reply) -> str | None:
    if not isinstance(reply, dict):
        return None
    try:
        text = decode_revert(parse_data(reply.get("output")))
    except ValueError:
        return None
    return None if text == NO_REASON else text


def _replayed(reply: Reply) -> str | None:
    return revert_reason(reply) if isinstance(reply, Fault) and is_revert(reply) else None
