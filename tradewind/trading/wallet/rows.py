"""Converts rows of the journal's tables into records."""

from collections.abc import Mapping
from typing import Any

import orjson

from tradewind.trading.wallet.records import (
    Attempt,
    AttemptPurpose,
    Fees,
    Reorg,
    StepDecision,
    StepKey,
    StepOutcome,
    TransactionPurpose,
    TransactionState,
    Wallet,
    WalletTransaction,
)


def to_wallet(row: Mapping[str, Any]) -> Wallet:
    return Wallet(
        chain_id=row["chain_id"],
        address=row["address"],
        first_block_hash=row["first_block_hash"],
        next_nonce=row["next_nonce"],
        halted_reason=row["halted_reason"],
        halted_at=row["halted_at"],
        registered_at=row["registered_at"],
    )


def to_decision(row: Mapping[str, Any]) -> StepDecision:
    """Convert a row of the table `steps`."""
    return StepDecision(
        key=StepKey(row["plan_id"], row["step_index"]),
        outcome=StepOutcome(row["outcome"]),
        reason=row["reason"],
        detail=row["detail"],
        address=row["address"],
        nonce=row["nonce"],
        decided_at=row["decided_at"],
    )


def to_transaction(row: Mapping[str, Any]) -> WalletTransaction:
    """Convert a row of the query `transactions`, its attempts and reorgs included."""
    same = (
        *("nonce", "target", "data", "deadline", "mined_block_number", "mined_block_hash"),
        *("mined_tx_hash", "gas_used", "reason", "detail", "submitted_at", "foreign_since"),
        *("foreign_acknowledged_at", "cancel_requested_at", "cancel_requested_by"),
        *("cancellation_id", "created_at"),
        *("settled_at", "block_time", "transaction_index", "log_index"),
    )
    return WalletTransaction(
        **{name: row[name] for name in same},
        key=StepKey(row["plan_id"], row["step_index"]),
        purpose=TransactionPurpose(row["purpose"]),
        state=TransactionState(row["state"]),
        description=orjson.loads(row["description"]),
        amount_in=_units(row["amount_in"]),
        amount_out=_units(row["amount_out"]),
        effective_gas_price_wei=_units(row["effective_gas_price_wei"]),
        fee_wei=_units(row["fee_wei"]),
        attempts=tuple(map(_to_attempt, row["attempts"])),
        reorgs=tuple(Reorg(*reorg) for reorg in row["reorgs"]),
    )


def _to_attempt(row: Any) -> Attempt:
    number, purpose, tx_hash, raw, gas_limit, max_fee, max_priority_fee, *times_and_answer = row
    fees = Fees(int(max_fee), int(max_priority_fee))
    return Attempt(
        number, AttemptPurpose(purpose), tx_hash, raw, gas_limit, fees, *times_and_answer
    )


def _units(value: Any) -> int | None:
    return None if value is None else int(value)
