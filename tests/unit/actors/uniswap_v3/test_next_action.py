"""What follows from what a chain shows, and that no lie of a node settles anything wrongly."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assess,
)
from tests.unit.actors.uniswap_v3.transactions import (
    NONCE,
    NOW,
    POLICY,
    attempt,
    block,
    receipt,
    transaction,
    tx_hash,
    view,
)
from tradewind.trading.wallet.records import (
    AttemptPurpose,
    Reorg,
    TransactionState,
    WalletTransaction,
)

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
    (
        "mined, but its receipt does not say where",
        transaction(foreign_since=LONG_AGO),
        view(next_nonce=NONCE + 1, unreadable={tx_hash(0)}),
        NOW,
        Wait(),
    ),
    (
        "its block left the chain, and its receipt does not say where it is now",
        transaction(**MINED_AT_9),
        view(unreadable={tx_hash(0)}, block_hashes={9: block(9, branch=1)}),
        NOW,
        NoteReorg(block(9)),
    ),
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
        "an older attempt confirmed",
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
