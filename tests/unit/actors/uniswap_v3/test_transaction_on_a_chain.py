"""No sequence of blocks, reorgs and answers of lagging nodes settles a transaction wrongly."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.venues.uniswap_v3.next_action import (
    Action,
    Broadcast,
    Cancel,
    ClearForeign,
    NoteForeign,
    NoteMined,
    NoteReorg,
    Replace,
    Settle,
    assess,
)
from tests.support.examples import examples
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
from tradewind.trading.wallet.records import Reorg, TransactionState


class TransactionOnAChain(RuleBasedStateMachine):
    """A transaction on a chain that reorganises, watched through nodes that lag or hide receipts.

    The chain is the truth: at most one of its blocks holds one attempt of the transaction.
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
        self.reorgs_noted = 0
        self.blocks_lost: set[str] = set()
        self.now = NOW

    @rule()
    def mine(self) -> None:
        """Mine a block; it takes one attempt that a node has."""
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
        """Ask a node that may lag or hide the receipt, and act on its answer."""
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
                self.reorgs_noted += 1
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
    def no_reorg_is_noted_twice(self) -> None:
        """Every block is lost once."""
        noted = [one.block_hash for one in self.transaction.reorgs]
        assert len(noted) == len(set(noted))


TestTransactionOnAChain = TransactionOnAChain.TestCase
TestTransactionOnAChain.settings = settings(max_examples=examples(60), stateful_step_count=30)
