"""What follows from what a chain shows, and that no lie of a node settles anything wrongly."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.venues.uniswap_v3.next_action import (
    Action,
    Broadcast,
    Cancel,
    ChainView,
    ClearForeign,
    GiveUpNonce,
    Halt,
    NoteForeign,
    NoteMined,
    NoteReorg,
    Replace,
    Settle,
    Wait,
    WatchPolicy,
    assess,
)
from tests.support.examples import examples
from tradewind.trading.wallet.records import (
    Attempt,
    AttemptPurpose,
    Fees,
    Reorg,
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
        "suggested_priority_fee_wei": 1,
        "next_nonce": next_nonce,
        "receipts": receipts or {},
        "block_hashes": {},
    }
    return ChainView(**(values | more))


def receipt(number: int, branch: int = 0) -> dict[str, str]:
    return {"blockNumber": hex(number), "blockHash": block(number, branch)}


MINED_AT_9: dict[str, Any] = {
    "state": TransactionState.MINED,
    "mined_block_number": 9,
    "mined_block_hash": block(9),
    "mined_tx_hash": tx_hash(0),
}
LATER = timedelta(seconds=61)
LONG_AGO = NOW - timedelta(seconds=6)

CASES: list[tuple[str, WalletTransaction, ChainView, datetime, Action]] = [
    (
        "never sent",
        transaction(state=TransactionState.SIGNED, attempts=(attempt(broadcast_at=None),)),
        view(),
        NOW,
        Broadcast(),
    ),
    ("just sent", transaction(), view(), NOW, Wait()),
    ("sent a while ago", transaction(), view(), NOW + timedelta(seconds=2), Broadcast()),
    ("waits too long", transaction(), view(), NOW + LATER, Replace()),
    (
        "waits behind a lower nonce",
        transaction(),
        view(next_nonce=NONCE - 1),
        NOW + LATER,
        Broadcast(),
    ),
    (
        "too cheap a moment ago",
        transaction(attempts=(attempt(broadcast_answer="underpriced: x"),)),
        view(),
        NOW,
        Wait(),
    ),
    (
        "too cheap",
        transaction(attempts=(attempt(broadcast_answer="underpriced: x"),)),
        view(),
        NOW + timedelta(seconds=2),
        Replace(),
    ),
    (
        "too cheap for every node so far",
        transaction(
            state=TransactionState.SIGNED, attempts=(attempt(broadcast_answer="underpriced: x"),)
        ),
        view(),
        NOW + timedelta(seconds=2),
        Replace(),
    ),
    (
        "past its deadline",
        transaction(),
        view(head_time=NOW + timedelta(seconds=121)),
        NOW,
        Cancel(),
    ),
    ("cancel is asked for", transaction(cancel_requested_at=NOW), view(), NOW, Cancel()),
    (
        "cancelled already",
        transaction(
            cancel_requested_at=NOW,
            attempts=(attempt(), attempt(1, purpose=AttemptPurpose.CANCEL)),
        ),
        view(),
        NOW,
        Wait(),
    ),
    (
        "in a block",
        transaction(),
        view(receipts={tx_hash(0): receipt(9)}),
        NOW,
        NoteMined(tx_hash(0), 9, block(9)),
    ),
    ("confirmed", transaction(), view(receipts={tx_hash(0): receipt(8)}), NOW, Settle(tx_hash(0))),
    (
        "an older generation confirmed",
        transaction(attempts=(attempt(), attempt(1))),
        view(receipts={tx_hash(0): receipt(8)}),
        NOW,
        Settle(tx_hash(0)),
    ),
    (
        "still confirming",
        transaction(**MINED_AT_9),
        view(receipts={tx_hash(0): receipt(9)}),
        NOW,
        Wait(),
    ),
    (
        "moved to another block",
        transaction(**MINED_AT_9),
        view(receipts={tx_hash(0): receipt(9, 1)}),
        NOW,
        NoteReorg(block(9)),
    ),
    (
        "its block is another",
        transaction(**MINED_AT_9),
        view(block_hashes={9: block(9, 1)}),
        NOW,
        NoteReorg(block(9)),
    ),
    (
        "its receipt is missing, its block is there",
        transaction(**MINED_AT_9),
        view(block_hashes={9: block(9)}),
        NOW,
        Wait(),
    ),
    ("a node that lags behind its block", transaction(**MINED_AT_9), view(head=8), NOW, Wait()),
    (
        "a node that believes in a lost block",
        transaction(reorgs=(Reorg(0, tx_hash(0), 8, block(8), False, NOW),)),
        view(receipts={tx_hash(0): receipt(8)}),
        NOW,
        Wait(),
    ),
    ("its nonce looks taken", transaction(), view(next_nonce=NONCE + 1), NOW, NoteForeign()),
    ("not for long", transaction(foreign_since=NOW), view(next_nonce=NONCE + 1), NOW, Wait()),
    ("not any more", transaction(foreign_since=NOW), view(), NOW, ClearForeign()),
    (
        "and people know",
        transaction(foreign_since=LONG_AGO, foreign_acknowledged_at=NOW),
        view(next_nonce=NONCE + 1),
        NOW,
        GiveUpNonce(),
    ),
]


@pytest.mark.parametrize(
    ("one", "seen", "now", "action"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_follows(
    one: WalletTransaction, seen: ChainView, now: datetime, action: Action
) -> None:
    assert assess(one, seen, now, POLICY) == action


def test_a_taken_nonce_halts_the_wallet_after_the_grace() -> None:
    one = transaction(foreign_since=LONG_AGO)
    assert isinstance(assess(one, view(next_nonce=NONCE + 1), NOW, POLICY), Halt)


views = st.builds(
    view,
    head=st.integers(0, 20),
    next_nonce=st.integers(0, 20),
    receipts=st.dictionaries(
        st.sampled_from([tx_hash(0), tx_hash(1)]),
        st.builds(receipt, st.integers(0, 20), st.integers(0, 2)),
    ),
    block_hashes=st.dictionaries(
        st.integers(0, 20), st.builds(block, st.integers(0, 20), st.integers(0, 2))
    ),
)


@given(views, st.booleans(), st.integers(0, 200))
def test_only_a_receipt_settles_and_only_another_block_is_a_reorg(
    seen: ChainView, is_mined: bool, seconds: int
) -> None:
    one = transaction(attempts=(attempt(), attempt(1)), **(MINED_AT_9 if is_mined else {}))
    action = assess(one, seen, NOW + timedelta(seconds=seconds), POLICY)
    if isinstance(action, Settle):
        number = int(seen.receipts[action.tx_hash]["blockNumber"], 16)
        assert seen.head_number - number + 1 >= POLICY.confirmations
    if isinstance(action, NoteReorg):
        hashes = [each.tx_hash for each in one.attempts if each.tx_hash in seen.receipts]
        moved = [seen.receipts[tx_hash]["blockHash"] for tx_hash in hashes]
        assert seen.block_hashes.get(9, block(9)) != block(9) or block(9) not in moved[:1]
    assert not isinstance(action, Halt | GiveUpNonce)


class TransactionOnAChain(RuleBasedStateMachine):
    """A slot watched over a chain that reorganises and nodes that lag or say nothing.

    The chain is the truth: at most one block of it holds one generation of the slot.
    """

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction(
            state=TransactionState.SIGNED, attempts=(attempt(broadcast_at=None),)
        )
        self.head = 10
        self.branch = 0
        self.hashes = {number: block(number) for number in range(11)}
        self.mined: tuple[str, int] | None = None
        self.settled: tuple[str, str] | None = None
        self.reorgs_told = 0
        self.blocks_lost: set[str] = set()
        self.now = NOW

    @rule()
    def mine(self) -> None:
        """Mine a block; it takes one generation a node has."""
        self.head += 1
        self.hashes[self.head] = block(self.head, self.branch)
        known = [one for one in self.transaction.attempts if one.broadcast_at is not None]
        if known and self.mined is None:
            self.mined = (known[-1].tx_hash, self.head)

    @precondition(lambda self: self.settled is None)
    @rule(depth=st.integers(1, 2))
    def reorganise(self, depth: int) -> None:
        """Replace the newest blocks, fewer than confirmations, by empty ones."""
        self.branch += 1
        for number in range(self.head - depth + 1, self.head + 1):
            if self.mined is not None and self.mined[1] == number:
                self.blocks_lost.add(self.hashes[number])
                self.mined = None
            self.hashes[number] = block(number, self.branch)

    @rule(seconds=st.integers(1, 90))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.settled is None)
    @rule(shows_receipt=st.booleans(), lag=st.integers(0, 2))
    def check_now(self, shows_receipt: bool, lag: int) -> None:
        """Look through a node that may lag or hide the receipt, and act."""
        head = self.head - lag
        receipts = {}
        if self.mined is not None and shows_receipt and self.mined[1] <= head:
            number = self.mined[1]
            receipts[self.mined[0]] = {
                "blockNumber": hex(number),
                "blockHash": self.hashes[number],
            }
        used = self.mined is not None and self.mined[1] <= head
        seen = view(
            head,
            NONCE + used,
            receipts,
            head_time=NOW,
            block_hashes={number: self.hashes[number] for number in range(head + 1)},
        )
        self._act(assess(self.transaction, seen, self.now, POLICY))

    def _act(self, action: Action) -> None:
        match action:
            case Broadcast():
                latest = replace(self.transaction.latest, broadcast_at=self.now)
                self.transaction = replace(
                    self.transaction,
                    state=TransactionState.BROADCAST,
                    attempts=(*self.transaction.attempts[:-1], latest),
                )
            case Replace() | Cancel():
                number = len(self.transaction.attempts)
                added = attempt(number, signed_at=self.now, broadcast_at=self.now)
                self.transaction = replace(
                    self.transaction, attempts=(*self.transaction.attempts, added)
                )
            case NoteMined(mined_tx_hash, number, block_hash):
                self.transaction = replace(
                    self.transaction,
                    state=TransactionState.MINED,
                    mined_tx_hash=mined_tx_hash,
                    mined_block_number=number,
                    mined_block_hash=block_hash,
                    foreign_since=None,
                )
            case NoteReorg(block_hash):
                self.reorgs_told += 1
                assert block_hash in self.blocks_lost
                lost = Reorg(
                    len(self.transaction.reorgs), tx_hash(0), 1, block_hash, False, self.now
                )
                self.transaction = replace(
                    self.transaction,
                    state=TransactionState.BROADCAST,
                    reorgs=(*self.transaction.reorgs, lost),
                )
            case Settle(settled_tx_hash):
                assert self.mined is not None
                self.settled = (settled_tx_hash, self.hashes[self.mined[1]])
                assert settled_tx_hash == self.mined[0]
                assert self.settled[1] not in self.blocks_lost
            case NoteForeign():
                self.transaction = replace(self.transaction, foreign_since=self.now)
            case ClearForeign():
                self.transaction = replace(self.transaction, foreign_since=None)

    @invariant()
    def no_reorg_is_told_twice(self) -> None:
        """Every block is lost once."""
        told = [one.block_hash for one in self.transaction.reorgs]
        assert len(told) == len(set(told))


TestTransactionOnAChain = TransactionOnAChain.TestCase
TestTransactionOnAChain.settings = settings(max_examples=examples(60), stateful_step_count=30)
