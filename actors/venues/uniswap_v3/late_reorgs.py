"""Handles reorgs deeper than the confirmations, after the outcome has been reported.

The same signed bytes are broadcast again; their nonce lets them be mined only once. If the second
outcome differs from the reported one, the wallet is halted: recorded events are final, so an
operator has to correct what follows from them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.chain_reader import read_block_hash
from actors.venues.uniswap_v3.next_action import ChainView, WatchPolicy
from actors.venues.uniswap_v3.receipts import UnreadableReceipt
from actors.venues.uniswap_v3.settlement import settlement_of
from tradewind.runtime import clock
from tradewind.trading.chain.json_rpc import Call
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.wallet.records import TransactionState, WalletTransaction
from tradewind.trading.wallet.transaction_journal import TransactionJournal
from tradewind.trading.wallet.watch_journal import WatchJournal

CHECK_EVERY_PASSES: Final = 20
"""Blocks of settled transactions are compared this rarely, because late reorgs are rare."""

logger = structlog.get_logger("wallet")


class LateReorgs:
    """Watches the blocks of settled transactions for `watch_blocks` blocks."""

    def __init__(
        self,
        journal: TransactionJournal,
        watch: WatchJournal,
        client: RpcClient,
        watch_blocks: int,
        policy: WatchPolicy,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._journal = journal
        self._watch = watch
        self._client = client
        self._watch_blocks = watch_blocks
        self._policy = policy
        self._now = now
        self._head: ChainView | None = None
        self._passes = 0
        self._is_due = True
        self._uncounted: dict[int, datetime] = {}
        """Settled nonces the last view did not count, and since when."""
        self._lost: dict[int, datetime | None] = {}
        """When the bytes of a nonce whose block left the chain were broadcast again."""
        self._found: set[tuple[int, str]] = set()
        """Nonces and lost blocks that were found lost; their rows keep the block for ever."""

    async def suspects(self, view: ChainView) -> bool:
        """Return whether the head of the last pass may have left the chain."""
        last = self._head
        if last is None or view.head_hash == last.head_hash or view.parent_hash == last.head_hash:
            return last is None
        return await read_block_hash(self._client, last.head_number) != last.head_hash

    async def block_numbers(self, view: ChainView, *, is_suspected: bool) -> set[int]:
        """Return the numbers of the blocks whose hashes the pass must know."""
        self._passes += 1
        self._is_due = is_suspected or self._passes % CHECK_EVERY_PASSES == 0
        if not self._is_due:
            return set()
        blocks = await self._watch.settled_blocks(self._oldest_watched(view))
        return {number for number, _ in blocks[-self._watch_blocks :]}

    async def check(self, view: ChainView) -> None:
        """Compare settled transactions with the chain as it is now."""
        if self._is_due:
            await self._find_lost(view)
        self._head = view
        for transaction in await self._unmined(view):
            self._lost.setdefault(transaction.nonce, None)
        for nonce in list(self._lost):
            await self._look_after(nonce, view)

    def _oldest_watched(self, view: ChainView) -> int:
        newest = max(view.head_number, self._head.head_number if self._head else 0)
        return max(0, newest - self._watch_blocks)

    async def _find_lost(self, view: ChainView) -> None:
        for number, block_hash in await self._watch.settled_blocks(self._oldest_watched(view)):
            current = view.block_hashes.get(number)
            if current is None or current == block_hash:
                continue
            for transaction in await self._watch.settled_in(block_hash):
                if (transaction.nonce, block_hash) not in self._found:
                    self._found.add((transaction.nonce, block_hash))
                    self._lost.setdefault(transaction.nonce, None)
                    await self._tell(transaction, block_hash)

    async def _tell(self, transaction: WalletTransaction, block_hash: str) -> None:
        if any(reorg.block_hash == block_hash for reorg in transaction.reorgs):
            return
        await self._watch.note_reorged(transaction.nonce, block_hash)
        metrics.REORGS.labels("true").inc()
        logger.error(
            "a reorg went deeper than TRADEWIND_CONFIRMATIONS",
            nonce=transaction.nonce,
            block_number=transaction.mined_block_number,
            tx_hash=transaction.tx_hash,
        )

    async def _unmined(self, view: ChainView) -> list[WalletTransaction]:
        """Return settled transactions that the chain counted once and counts no longer.

        One that was settled after the view was asked for is not in it and yet on the chain. So a
        transaction counts only if the last pass found it settled already, and only once the node
        has its block's height: one that lags does not count it either. Only when that lasts is
        it taken as lost at any height. A receipt would still prove that nothing was lost.
        """
        now, before = self._now(), self._uncounted
        settled = [
            one
            for one in await self._watch.settled_from(view.next_nonce)
            if one.state is not TransactionState.NONCE_TAKEN and one.nonce not in self._lost
        ]
        self._uncounted = {one.nonce: before.get(one.nonce, now) for one in settled}
        return [
            one
            for one in settled
            if one.nonce in before
            and (
                view.head_number >= (one.mined_block_number or 0)
                or now - before[one.nonce] >= self._policy.replace_after
            )
        ]

    async def _look_after(self, nonce: int, view: ChainView) -> None:
        transaction = await self._journal.transaction_at(nonce)
        if transaction is None or await self._is_back(transaction):
            self._lost.pop(nonce, None)
            return
        sent_at, now = self._lost.get(nonce), self._now()
        is_counted = nonce < view.next_nonce
        if not is_counted and (sent_at is None or now - sent_at >= self._policy.rebroadcast_after):
            self._lost[nonce] = now
            await self._broadcast_again(transaction)

    async def _broadcast_again(self, transaction: WalletTransaction) -> None:
        mined = next(
            one for one in transaction.attempts if one.tx_hash == transaction.mined_tx_hash
        )
        answer = await self._client.broadcast(mined.raw)
        logger.warning(
            "sent again after a reorg", nonce=transaction.nonce, answer=answer.outcome.value
        )

    async def _is_back(self, transaction: WalletTransaction) -> bool:
        """Return whether an attempt is in a block again; halt if the outcome is another one.

        A receipt that leaves open what happened is asked for again.
        """
        calls = [Call("eth_getTransactionReceipt", (one.tx_hash,)) for one in transaction.attempts]
        for attempt, reply in zip(
            transaction.attempts, await self._client.batch(calls), strict=True
        ):
            if not isinstance(reply, dict) or not reply.get("blockHash"):
                continue
            try:
                again = await settlement_of(
                    self._client, self._journal.address, transaction, attempt, dict(reply)
                )
            except UnreadableReceipt:
                return False
            reported = (transaction.state, transaction.amount_in, transaction.amount_out)
            if (again.state, again.amount_in, again.amount_out) != reported:
                await self._journal.halt(
                    f"a reorg changed the outcome of nonce {transaction.nonce}, which had been "
                    "told already"
                )
            elif again.block_hash != transaction.mined_block_hash:
                logger.info("mined again with the same outcome", nonce=transaction.nonce)
            return True
        return False
