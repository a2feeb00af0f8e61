"""What settled transactions are taken for when a view of the chain does not show them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from actors.venues.uniswap_v3 import late_reorgs
from actors.venues.uniswap_v3.late_reorgs import LateReorgs
from tests.unit.actors.uniswap_v3.transactions import (
    NONCE,
    NOW,
    POLICY,
    attempt,
    block,
    transaction,
    tx_hash,
    view,
)
from tradewind.trading.chain.broadcast import BroadcastAnswer, BroadcastOutcome
from tradewind.trading.chain.json_rpc import Call, Reply
from tradewind.trading.wallet.records import Settlement, TransactionState, WalletTransaction

SETTLED = transaction(
    state=TransactionState.SUCCEEDED,
    amount_in=1,
    amount_out=2,
    mined_tx_hash=tx_hash(0),
    mined_block_number=9,
    mined_block_hash=block(9),
    attempts=(attempt(raw=b"bytes"),),
)
BEFORE = replace(view(), head_number=8, head_hash=block(8))


@dataclass
class Journal:
    """The settled transaction of one wallet."""

    address: str = "0x0"
    settled: list[WalletTransaction] = field(default_factory=lambda: [SETTLED])
    halted: list[str] = field(default_factory=list)

    async def settled_blocks(self, after: int) -> list[tuple[int, str]]:
        return []

    async def settled_from(self, nonce: int) -> list[WalletTransaction]:
        return [one for one in self.settled if one.nonce >= nonce]

    async def transaction_at(self, nonce: int) -> WalletTransaction | None:
        await asyncio.sleep(0)
        return next((one for one in self.settled if one.nonce == nonce), None)

    async def halt(self, reason: str) -> None:
        self.halted.append(reason)


@dataclass
class Client:
    """A node, with the receipts it shows and the bytes it was sent."""

    receipt: Reply = None
    sent: list[bytes] = field(default_factory=list)

    async def broadcast(self, raw: bytes) -> BroadcastAnswer:
        self.sent.append(raw)
        return BroadcastAnswer(BroadcastOutcome.NONCE_TOO_LOW, tx_hash(0), "")

    async def batch(self, calls: Sequence[Call]) -> list[Reply]:
        await asyncio.sleep(0.001)
        return [self.receipt for _ in calls]


@dataclass
class Watch:
    """Late reorgs, with the journal, the node and the clock they see."""

    journal: Journal
    client: Client
    late: LateReorgs
    tell: Callable[[datetime], None]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Return late reorgs whose receipts always prove the reported outcome."""

    async def same_outcome(*_: Any) -> Settlement:
        return Settlement(
            TransactionState.SUCCEEDED, amount_in=1, amount_out=2, block_hash=block(9)
        )

    monkeypatch.setattr(late_reorgs, "settlement_of", same_outcome)
    times = [NOW]
    journal, client = Journal(), Client()
    late = LateReorgs(journal, journal, client, 64, POLICY, lambda: times[-1])  # type: ignore[arg-type]
    return Watch(journal, client, late, times.append)


async def test_what_was_settled_after_the_view_was_asked_for_is_not_lost(watch: Watch) -> None:
    """Given a view from before the settlement, then nothing is broadcast again."""
    await watch.late.check(view(next_nonce=NONCE))
    await watch.late.check(view(next_nonce=NONCE + 1))
    await watch.late.check(view(next_nonce=NONCE + 1))
    assert watch.client.sent == []


async def test_checks_that_overlap_do_not_fail(watch: Watch) -> None:
    await watch.late.check(view(next_nonce=NONCE))
    watch.client.receipt = {"blockHash": block(9)}
    older = view(next_nonce=NONCE)
    await asyncio.gather(*(watch.late.check(older) for _ in range(4)))
    assert watch.client.sent == []


async def test_what_two_views_do_not_count_is_broadcast_again(watch: Watch) -> None:
    for _ in range(3):
        await watch.late.check(view(next_nonce=NONCE))
    assert watch.client.sent == [b"bytes"]
    watch.tell(NOW + POLICY.rebroadcast_after)
    await watch.late.check(view(next_nonce=NONCE))
    assert watch.client.sent == [b"bytes"] * 2
    watch.client.receipt = {"blockHash": block(9, 1)}
    await watch.late.check(view(next_nonce=NONCE + 1))
    watch.tell(NOW + timedelta(hours=1))
    await watch.late.check(view(next_nonce=NONCE + 1))
    assert watch.client.sent == [b"bytes"] * 2
    assert watch.journal.halted == []


async def test_a_node_that_lags_behind_the_block_proves_nothing(watch: Watch) -> None:
    for seconds in range(30):
        watch.tell(NOW + timedelta(seconds=seconds))
        await watch.late.check(replace(BEFORE, next_nonce=NONCE))
    assert watch.client.sent == []
    watch.tell(NOW + timedelta(seconds=1) + POLICY.replace_after)
    await watch.late.check(replace(BEFORE, next_nonce=NONCE))
    assert watch.client.sent == [b"bytes"]


async def test_a_receipt_proves_that_a_count_is_wrong(watch: Watch) -> None:
    watch.client.receipt = {"blockHash": block(9)}
    for seconds in range(20):
        watch.tell(NOW + timedelta(seconds=seconds))
        await watch.late.check(view(next_nonce=NONCE - 2))
    assert watch.client.sent == []
