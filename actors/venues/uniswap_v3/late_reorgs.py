"""Handles reorgs deeper than the confirmations, after the outcome has been reported.

The same signed bytes are broadcast again; their nonce lets them be mined only once. If the second
outcome differs from the reported one, the wallet is halted: recorded events are final, so an
operator has to correct what follows from them.
"""

from collections.abc import Iterable
from typing import Final

import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.next_action import ChainView
from actors.venues.uniswap_v3.settlement import settlement_of
from tradewind.trading.chain.json_rpc import Call
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.wallet.records import TransactionState, WalletTransaction
from tradewind.trading.wallet.transaction_journal import TransactionJournal

CHECK_EVERY_PASSES: Final = 20
"""Blocks of settled transactions are compared this rarely, because late reorgs are rare."""

logger = structlog.get_logger("wallet")


class LateReorgs:
    """Watches the blocks of settled transactions for `watch_blocks` blocks."""

    def __init__(self, journal: TransactionJournal, client: RpcClient, watch_blocks: int) -> None:
        self._journal = journal
        self._client = client
        self._watch_blocks = watch_blocks
        self._head: tuple[int, str] | None = None
        self._passes = 0
        self._is_due = True
        self._lost: dict[int, str] = {}
        """Hashes of blocks that left the chain, by the nonce of the settled transaction in them."""

    async def block_numbers(self) -> Iterable[int]:
        """Return the numbers of the blocks whose hashes the next view must hold."""
        self._passes += 1
        if self._head is None or self._is_due or self._passes % CHECK_EVERY_PASSES == 0:
            self._is_due = True
            after = (self._head[0] if self._head else 0) - self._watch_blocks
            blocks = await self._journal.settled_blocks(max(0, after))
            numbers = {number for number, _ in blocks[-self._watch_blocks :]}
        else:
            numbers = set()
        return numbers | ({self._head[0]} if self._head else set())

    async def check(self, view: ChainView) -> None:
        """Compare settled transactions with the chain as it is now."""
        if self._is_due:
            await self._find_lost(view)
        self._is_due = False
        if self._head is not None:
            number, block_hash = self._head
            self._is_due = view.block_hashes.get(number) != block_hash
        self._head = (view.head_number, view.head_hash)
        for transaction in await self._unmined(view):
            await self._broadcast_again(transaction)
        for nonce in list(self._lost):
            await self._compare(nonce)

    async def _find_lost(self, view: ChainView) -> None:
        after = max(0, view.head_number - self._watch_blocks)
        for number, block_hash in await self._journal.settled_blocks(after):
            current = view.block_hashes.get(number)
            if current is None or current == block_hash:
                continue
            for transaction in await self._journal.settled_in(block_hash):
                await self._journal.note_reorged(transaction.nonce, block_hash)
                if transaction.nonce not in self._lost:
                    metrics.REORGS.labels("true").inc()
                    logger.error(
                        "a reorg went deeper than TRADEWIND_CONFIRMATIONS",
                        nonce=transaction.nonce,
                        block_number=number,
                        tx_hash=transaction.tx_hash,
                    )
                    self._lost[transaction.nonce] = block_hash

    async def _unmined(self, view: ChainView) -> list[WalletTransaction]:
        """Return settled transactions whose nonce the chain shows as unused."""
        settled = await self._journal.settled_from(view.next_nonce)
        return [
            transaction
            for transaction in settled
            if transaction.state is not TransactionState.NONCE_TAKEN
        ]

    async def _broadcast_again(self, transaction: WalletTransaction) -> None:
        mined = next(
            one for one in transaction.attempts if one.tx_hash == transaction.mined_tx_hash
        )
        answer = await self._client.broadcast(mined.raw)
        self._lost.setdefault(transaction.nonce, transaction.mined_block_hash or "")
        logger.warning(
            "sent again after a reorg", nonce=transaction.nonce, answer=answer.outcome.value
        )

    async def _compare(self, nonce: int) -> None:
        transaction = await self._journal.transaction_at(nonce)
        if transaction is None:
            return
        calls = [Call("eth_getTransactionReceipt", (one.tx_hash,)) for one in transaction.attempts]
        for attempt, reply in zip(
            transaction.attempts, await self._client.batch(calls), strict=True
        ):
            if not isinstance(reply, dict) or not reply.get("blockHash"):
                continue
            again = await settlement_of(
                self._client, self._journal.address, transaction, attempt, dict(reply)
            )
            reported = (transaction.state, transaction.amount_in, transaction.amount_out)
            if (again.state, again.amount_in, again.amount_out) != reported:
                await self._journal.halt(
                    f"a reorg changed the outcome of nonce {nonce}, which had been told already"
                )
            else:
                logger.info("mined again with the same outcome", nonce=nonce)
            del self._lost[nonce]
            return
