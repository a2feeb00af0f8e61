"""Wallet transactions, blocks and answers of nodes, as the tests of what follows need them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from actors.venues.uniswap_v3.next_action import ChainView, WatchPolicy
from tradewind.trading.wallet.records import (
    Attempt,
    AttemptPurpose,
    Fees,
    StepKey,
    TransactionPurpose,
    TransactionState,
    WalletTransaction,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = WatchPolicy(
    confirmations=3,
    rebroadcast_after=timedelta(seconds=2),
    replace_after=timedelta(seconds=60),
    foreign_grace=timedelta(seconds=5),
)
NONCE = 7


def block(number: int, branch: int = 0) -> str:
    return f"0x{branch:02x}{number:062x}"


def tx_hash(number: int) -> str:
    return f"0x{number:064x}"


def attempt(number: int = 0, **changes: Any) -> Attempt:
    values: dict[str, Any] = {
        "number": number,
        "purpose": AttemptPurpose.ORIGINAL if number == 0 else AttemptPurpose.REPLACEMENT,
        "tx_hash": tx_hash(number),
        "raw": b"",
        "gas_limit": 1,
        "fees": Fees(2, 1),
        "signed_at": NOW,
        "broadcast_at": NOW,
        "broadcast_answer": "accepted: ",
    }
    return Attempt(**(values | changes))


def transaction(**changes: Any) -> WalletTransaction:
    values: dict[str, Any] = dict.fromkeys(WalletTransaction.__dataclass_fields__)
    values |= {
        "nonce": NONCE,
        "purpose": TransactionPurpose.SWAP,
        "key": StepKey("plan", 0),
        "state": TransactionState.BROADCAST,
        "deadline": NOW + timedelta(seconds=120),
        "created_at": NOW,
        "attempts": (attempt(),),
        "reorgs": (),
    }
    return WalletTransaction(**(values | changes))


def view(
    head: int = 10, next_nonce: int = NONCE, receipts: Mapping[str, Any] | None = None, **more: Any
) -> ChainView:
    values: dict[str, Any] = {
        "head_number": head,
        "head_hash": block(head),
        "head_time": NOW,
        "base_fee_wei": 1,
        "next_nonce": next_nonce,
        "receipts": receipts or {},
        "block_hashes": {},
    }
    return ChainView(**(values | more))


def receipt(number: int, branch: int = 0) -> dict[str, str]:
    return {"blockNumber": hex(number), "blockHash": block(number, branch)}
