"""Drives the wallet's open transactions until each has its outcome.

One pass per new block asks a node what the block says about our transactions, takes the next
action on each that is concerned, and settles them in one database transaction. Passes of a process
never overlap, and one process at a time watches a wallet; every action is safe to repeat all the
same, because a process may lose its turn while it waits for a node.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.broadcaster import Broadcaster
from actors.venues.uniswap_v3.chain_reader import read_details, read_head
from actors.venues.uniswap_v3.late_reorgs import LateReorgs
from actors.venues.uniswap_v3.new_attempts import NewAttempts
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
    WatchPolicy,
    assess,
)
from actors.venues.uniswap_v3.nonce_watch import NonceWatch
from actors.venues.uniswap_v3.settlement import (
    allowance_in_doubt,
    nonce_taken_settlement,
    settlement_of,
)
from tradewind.errors import TradewindError
from tradewind.runtime import clock
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.wallet.records import Settlement, WalletTransaction
from tradewind.trading.wallet.transaction_journal import TransactionJournal
from tradewind.trading.wallet.watch_journal import Due, Inclusion, WatchedWallet, WatchJournal

MAX_ACTIONS_PER_TRANSACTION: Final = 4
UNBOUNDED_NONCE: Final = 2**63 - 1

logger = structlog.get_logger("wallet")


class Decided(NamedTuple):
    """A transaction and what this pass does about it."""

    transaction: WalletTransaction
    action: Action


class TransactionManager:
    """Manages the transactions of one wallet. Raises RpcUnavailable and JournalUnavailable."""

    def __init__(
        self,
        journal: TransactionJournal,
        watch: WatchJournal,
        client: RpcClient,
        broadcaster: Broadcaster,
        attempts: NewAttempts,
        nonces: NonceWatch,
        late: LateReorgs,
        policy: WatchPolicy,
        *,
        tend_interval_ms: int,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.journal = journal
        self.tend_interval_ms = tend_interval_ms
        self.broadcaster = broadcaster
        self.checked = asyncio.Event()
        """Set by every pass; whoever publishes what it settled clears it."""
        self.looked_at: float | None = None
        """When the chain was last looked at, by the clock `time.monotonic`."""
        self._watch = watch
        self._client = client
        self._attempts = attempts
        self._nonces = nonces
        self._late = late
        self._policy = policy
        self._now = now
        self._passes = asyncio.Lock()
        self._head_hash = ""
        self._pass_at: datetime | None = None
        self._was_halted = False

    async def watch(self) -> None:
        """Look at the head; do a pass for a new block, and at times without one."""
        async with self._passes:
            view = await read_head(self._client, self.journal.address)
            if view.head_hash != self._head_hash or self._is_overdue():
                await self._check(view)
            self.looked_at = time.monotonic()

    async def check_now(self) -> None:
        """Do a pass now."""
        async with self._passes:
            await self._check(await read_head(self._client, self.journal.address))
            self.looked_at = time.monotonic()

    async def cancel_requested(self, nonces: Sequence[int]) -> None:
        """Cancel these transactions where somebody asked for it and they are still pending.

        Any process may: the journal takes one attempt after another, whoever signs it.
        """
        view = await read_head(self._client, self.journal.address)
        for nonce in nonces:
            transaction = await self.journal.transaction_at(nonce)
            if transaction is None or transaction.state.is_settled:
                continue
            if isinstance(assess(transaction, view, self._now(), self._policy), Cancel):
                await self._attempts.cancel(transaction, view)

    def _is_overdue(self) -> bool:
        """Return whether what depends on time and not on blocks has to be looked at again."""
        return (
            self._pass_at is None or self._now() - self._pass_at >= self._policy.rebroadcast_after
        )

    async def _check(self, head: ChainView) -> None:
        self._pass_at = self._now()
        is_suspected = await self._late.suspects(head)
        due = self._due(head, is_suspected)
        transactions = await self._watch.due_transactions(due)
        numbers = await self._late.block_numbers(head, is_suspected=is_suspected)
        view = await read_details(self._client, head, transactions, numbers)
        if _counts_too_few(view, transactions):
            all_open = due._replace(next_nonce=UNBOUNDED_NONCE)
            transactions = await self._watch.due_transactions(all_open)
            view = await read_details(self._client, head, transactions, numbers)
        try:
            await self._handle_all(transactions, view)
        finally:
            self.checked.set()
        watched = await self._watch.watched_wallet()
        await self._nonces.check(watched, view)
        await self._late.check(view)
        self._report(watched, view)
        self._head_hash = view.head_hash
        metrics.PASSES.inc()

    def _due(self, head: ChainView, is_reorg_suspected: bool) -> Due:
        return Due(
            head.next_nonce,
            UNBOUNDED_NONCE if head.pending_nonce is None else head.pending_nonce,
            head.head_time,
            head.head_number - self._policy.confirmations + 1,
            is_reorg_suspected,
            self._policy.rebroadcast_after.total_seconds(),
        )

    async def _handle_all(self, transactions: list[WalletTransaction], view: ChainView) -> None:
        """Take the next action on each; outcomes are recorded together, and first of all."""
        actions: list[Decided] = []
        for transaction in transactions:
            with _one_at_fault(transaction):
                action = await self._next_action(transaction, view)
                actions.append(Decided(transaction, action))
        await self._note_mined(actions)
        await self._settle(actions, view)
        unsent = [one.transaction for one in actions if isinstance(one.action, Broadcast)]
        if unsent:
            await self.broadcaster.broadcast(unsent)
        for one in actions:
            with _one_at_fault(one.transaction):
                await self._act(one.transaction, one.action, view)

    async def _next_action(self, transaction: WalletTransaction, view: ChainView) -> Action:
        """Return the next action; after a reorg that it records, the one that follows from it."""
        for _ in range(MAX_ACTIONS_PER_TRANSACTION):
            action = assess(transaction, view, self._now(), self._policy)
            if not isinstance(action, NoteReorg):
                break
            transaction = await self._watch.note_reorged(transaction.nonce, action.block_hash)
            metrics.REORGS.labels("false").inc()
            logger.warning(
                "its block left the chain", nonce=transaction.nonce, block_hash=action.block_hash
            )
        return action

    async def _note_mined(self, actions: list[Decided]) -> None:
        mined = [
            Inclusion(one.nonce, action.tx_hash, action.block_number, action.block_hash)
            for one, action in actions
            if isinstance(action, NoteMined)
        ]
        if mined:
            await self._watch.note_mined(mined)

    async def _settle(self, actions: list[Decided], view: ChainView) -> None:
        settlements: dict[int, Settlement] = {}
        for transaction, action in actions:
            with _one_at_fault(transaction):
                settlement = await self._settlement(transaction, action, view)
                if settlement is not None:
                    settlements[transaction.nonce] = settlement
        if not settlements:
            return
        for nonce in await self._watch.settle(settlements):
            settled = settlements[nonce]
            metrics.SETTLED.labels(settled.state).inc()
            logger.info(
                "settled",
                nonce=nonce,
                state=settled.state.value,
                tx_hash=settled.tx_hash,
                detail=settled.detail,
            )

    async def _settlement(
        self, transaction: WalletTransaction, action: Action, view: ChainView
    ) -> Settlement | None:
        """Return the outcome where the action is to record one."""
        if isinstance(action, GiveUpNonce):
            return nonce_taken_settlement(transaction)
        if not isinstance(action, Settle):
            return None
        attempt = next(one for one in transaction.attempts if one.tx_hash == action.tx_hash)
        receipt = view.receipts[action.tx_hash]
        settlement = await settlement_of(
            *(self._client, self.journal.address, transaction, attempt, receipt),
            block_time=view.head_time if receipt["blockHash"] == view.head_hash else None,
        )
        in_doubt = allowance_in_doubt(transaction, settlement)
        if in_doubt is not None:
            await self.journal.allowances.forget(*in_doubt)
        return settlement

    async def _act(self, transaction: WalletTransaction, action: Action, view: ChainView) -> None:
        match action:
            case Replace():
                await self._attempts.replace(transaction, view)
            case Cancel():
                await self._attempts.cancel(transaction, view)
            case NoteForeign():
                await self._watch.note_foreign(transaction.nonce)
            case ClearForeign():
                await self._watch.clear_foreign(transaction.nonce)
            case Halt(reason):
                await self.journal.halt(reason, foreign_nonce=transaction.nonce)

    def _report(self, watched: WatchedWallet, view: ChainView) -> None:
        wallet, oldest_at = watched.wallet, watched.oldest_at
        is_halted = wallet.halted_reason is not None
        if is_halted and not self._was_halted:
            logger.critical("the wallet is halted", reason=wallet.halted_reason)
        self._was_halted = is_halted
        age = 0.0 if oldest_at is None else (self._now() - oldest_at).total_seconds()
        metrics.OPEN_TRANSACTIONS.set(watched.open_count)
        metrics.OLDEST_TRANSACTION_SECONDS.set(max(0.0, age))
        metrics.NEXT_NONCE.set(wallet.next_nonce)
        metrics.HALTED.set(is_halted)
        metrics.HEAD.set(view.head_number)


def _counts_too_few(view: ChainView, transactions: list[WalletTransaction]) -> bool:
    """Return whether a transaction is in a block although the node does not count it."""
    return any(
        attempt.tx_hash in view.receipts
        for one in transactions
        if one.nonce >= view.next_nonce
        for attempt in one.attempts
    )


@contextmanager
def _one_at_fault(transaction: WalletTransaction) -> Iterator[None]:
    """Log what goes wrong with one transaction, so that it does not keep back the others.

    The next pass tries it again.
    """
    try:
        yield
    except Exception as error:
        known = isinstance(error, TradewindError)
        logger.error(
            "a transaction could not be handled",
            nonce=transaction.nonce,
            error=f"{type(error).__name__}: {error}",
            exc_info=None if known else error,
        )
