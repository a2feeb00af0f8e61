"""Drives the wallet's open transactions until each has its outcome.

One pass reads every open transaction, asks a node once, and takes the next action on each. Any
process may do a pass at any time, because every action is safe to repeat.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.chain_reader import read_chain
from actors.venues.uniswap_v3.fees import FeePolicy
from actors.venues.uniswap_v3.gas import CANCEL_GAS_LIMIT
from actors.venues.uniswap_v3.keys import Signer
from actors.venues.uniswap_v3.late_reorgs import LateReorgs
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
from actors.venues.uniswap_v3.receipts import UnreadableReceipt
from actors.venues.uniswap_v3.settlement import (
    allowance_in_doubt,
    nonce_taken_settlement,
    settlement_of,
)
from tradewind.failpoints import failpoint
from tradewind.runtime import clock
from tradewind.trading.chain.broadcast import BroadcastOutcome
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.wallet.records import (
    AttemptPurpose,
    Settlement,
    TransactionRequest,
    TransactionState,
    Wallet,
    WalletTransaction,
)
from tradewind.trading.wallet.transaction_journal import TransactionJournal

BROADCAST_DONE: Final = "venue.broadcast"
BROADCAST_NOTED: Final = "venue.noted"
FAILPOINTS: Final = (BROADCAST_DONE, BROADCAST_NOTED)
MAX_ACTIONS_PER_TRANSACTION: Final = 4
KNOWN_OUTCOMES: Final = frozenset({BroadcastOutcome.ACCEPTED, BroadcastOutcome.ALREADY_KNOWN})

logger = structlog.get_logger("wallet")


class TransactionManager:
    """Manages the transactions of one wallet. Raises RpcUnavailable and JournalUnavailable."""

    def __init__(
        self,
        journal: TransactionJournal,
        client: RpcClient,
        signer: Signer,
        fees: FeePolicy,
        policy: WatchPolicy,
        late: LateReorgs,
        *,
        tend_interval_ms: int,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.journal = journal
        self.tend_interval_ms = tend_interval_ms
        self._client = client
        self._signer = signer
        self._fees = fees
        self._policy = policy
        self._late = late
        self._now = now
        self._chain_ahead_since: datetime | None = None
        self._was_halted = False

    async def check_if_due(self) -> bool:
        """Do a pass if this process may claim the next one; return whether it did."""
        if not await self.journal.try_claim_check(self.tend_interval_ms):
            return False
        await self.check_now()
        return True

    async def check_now(self) -> ChainView:
        """Do a pass now; return what the chain showed."""
        transactions = await self.journal.open_transactions()
        numbers = await self._late.block_numbers()
        view = await read_chain(self._client, self.journal.address, transactions, numbers)
        for transaction in transactions:
            await self._handle(transaction, view)
        wallet = await self.journal.wallet()
        await self._notice_foreign_transactions(wallet, view)
        await self._late.check(view)
        self._report(wallet, transactions, view)
        return view

    async def broadcast_through(self, nonce: int) -> None:
        """Broadcast the transactions up to a nonce that no node is known to have, lowest first."""
        for transaction in await self.journal.open_transactions():
            if transaction.nonce <= nonce and transaction.state is TransactionState.SIGNED:
                await self.broadcast(transaction)

    async def broadcast(self, transaction: WalletTransaction) -> BroadcastOutcome:
        """Broadcast the signed bytes of the latest attempt, and record the answer of the nodes."""
        latest = transaction.latest
        answer = await self._client.broadcast(latest.raw)
        failpoint(BROADCAST_DONE)
        metrics.BROADCASTS.labels(answer.outcome).inc()
        await self.journal.note_broadcast(
            latest.tx_hash,
            f"{answer.outcome}: {answer.detail}",
            is_known=answer.outcome in KNOWN_OUTCOMES,
        )
        failpoint(BROADCAST_NOTED)
        if answer.outcome is BroadcastOutcome.REFUSED:
            logger.error("refused by a node", nonce=transaction.nonce, detail=answer.detail)
        return answer.outcome

    async def _handle(self, transaction: WalletTransaction, view: ChainView) -> None:
        """Take the next action, and another one after a reorg: the new block may settle it."""
        current: WalletTransaction | None = transaction
        for _ in range(MAX_ACTIONS_PER_TRANSACTION):
            if current is None or current.state.is_settled:
                return
            action = assess(current, view, self._now(), self._policy)
            try:
                if not await self._act(current, action, view):
                    return
            except UnreadableReceipt as error:
                logger.error("a receipt cannot be read", nonce=transaction.nonce, error=str(error))
                return
            current = await self.journal.transaction_at(transaction.nonce)

    async def _act(self, transaction: WalletTransaction, action: Action, view: ChainView) -> bool:
        """Take an action; return whether the same view may call for another one."""
        match action:
            case Settle(tx_hash):
                await self._settle(transaction, tx_hash, view)
            case NoteMined(tx_hash, block_number, block_hash):
                await self.journal.note_mined(transaction.nonce, tx_hash, block_number, block_hash)
            case NoteReorg(block_hash):
                await self.journal.note_reorged(transaction.nonce, block_hash)
                metrics.REORGS.labels("false").inc()
                logger.warning(
                    "its block left the chain", nonce=transaction.nonce, block_hash=block_hash
                )
                return True
            case Broadcast():
                await self.broadcast(transaction)
            case Replace():
                await self._replace_at_higher_fees(transaction, view)
            case Cancel():
                await self._cancel(transaction, view)
            case _:
                await self._act_on_foreign_transaction(transaction, action)
        return False

    async def _act_on_foreign_transaction(
        self, transaction: WalletTransaction, action: Action
    ) -> None:
        match action:
            case NoteForeign():
                await self.journal.note_foreign(transaction.nonce)
            case ClearForeign():
                await self.journal.clear_foreign(transaction.nonce)
            case Halt(reason):
                await self.journal.halt(reason)
            case GiveUpNonce():
                await self._record_settlement(transaction, nonce_taken_settlement(transaction))

    async def _settle(self, transaction: WalletTransaction, tx_hash: str, view: ChainView) -> None:
        attempt = next(one for one in transaction.attempts if one.tx_hash == tx_hash)
        receipt = view.receipts[tx_hash]
        settlement = await settlement_of(
            *(self._client, self.journal.address, transaction, attempt, receipt),
            block_time=view.head_time if receipt["blockHash"] == view.head_hash else None,
        )
        await self._record_settlement(transaction, settlement)

    async def _record_settlement(
        self, transaction: WalletTransaction, settlement: Settlement
    ) -> None:
        in_doubt = allowance_in_doubt(transaction, settlement)
        if in_doubt is not None:
            await self.journal.allowances.forget(*in_doubt)
        settled = await self.journal.settle(transaction.nonce, settlement)
        metrics.SETTLED.labels(settled.state).inc()
        logger.info(
            "settled",
            nonce=transaction.nonce,
            state=settled.state.value,
            tx_hash=settled.tx_hash,
            detail=settled.detail,
        )

    async def _replace_at_higher_fees(
        self, transaction: WalletTransaction, view: ChainView
    ) -> None:
        """Sign the latest call again at higher fees; at the cap, broadcast it unchanged."""
        latest = transaction.latest
        if latest.purpose is AttemptPurpose.CANCEL:
            await self._cancel(transaction, view)
            return
        fees = self._fees.raised(latest.fees, view.base_fee_wei, view.suggested_priority_fee_wei)
        if fees is None:
            await self.broadcast(transaction)
            return
        request = TransactionRequest(
            transaction.purpose,
            transaction.target,
            transaction.data,
            latest.gas_limit,
            fees,
            transaction.deadline,
        )
        await self._sign_again(transaction, AttemptPurpose.REPLACEMENT, request)

    async def _cancel(self, transaction: WalletTransaction, view: ChainView) -> None:
        fees = self._fees.raised(
            transaction.latest.fees, view.base_fee_wei, view.suggested_priority_fee_wei
        )
        if fees is None:
            await self.broadcast(transaction)
            return
        request = TransactionRequest(
            transaction.purpose,
            self.journal.address,
            b"",
            CANCEL_GAS_LIMIT,
            fees,
            transaction.deadline,
        )
        await self._sign_again(transaction, AttemptPurpose.CANCEL, request)

    async def _sign_again(
        self, transaction: WalletTransaction, purpose: AttemptPurpose, request: TransactionRequest
    ) -> None:
        added = await self.journal.add_attempt(transaction, purpose, request, self._signer.sign)
        if added is None:
            return
        metrics.ADDED_ATTEMPTS.labels(purpose).inc()
        logger.warning(
            "signed again",
            nonce=transaction.nonce,
            purpose=purpose.value,
            tx_hash=added.tx_hash,
            max_fee_per_gas_wei=added.fees.max_fee_per_gas_wei,
        )
        current = await self.journal.transaction_at(transaction.nonce)
        if current is not None and not current.state.is_settled:
            await self.broadcast(current)

    async def _notice_foreign_transactions(self, wallet: Wallet, view: ChainView) -> None:
        """Halt when the chain counts more transactions than the journal has given out nonces."""
        if view.next_nonce <= wallet.next_nonce:
            self._chain_ahead_since = None
            return
        now = self._now()
        self._chain_ahead_since = self._chain_ahead_since or now
        if now - self._chain_ahead_since >= self._policy.foreign_grace:
            await self.journal.halt(
                f"the chain counts {view.next_nonce} transactions, the journal has given out "
                f"{wallet.next_nonce} nonces: the key was used from outside"
            )

    def _report(
        self, wallet: Wallet, transactions: list[WalletTransaction], view: ChainView
    ) -> None:
        is_halted = wallet.halted_reason is not None
        if is_halted and not self._was_halted:
            logger.critical("the wallet is halted", reason=wallet.halted_reason)
        self._was_halted = is_halted
        oldest = min((transaction.created_at for transaction in transactions), default=None)
        age = 0.0 if oldest is None else (self._now() - oldest).total_seconds()
        metrics.OPEN_TRANSACTIONS.set(len(transactions))
        metrics.OLDEST_TRANSACTION_SECONDS.set(max(0.0, age))
        metrics.NEXT_NONCE.set(wallet.next_nonce)
        metrics.HALTED.set(is_halted)
        metrics.HEAD.set(view.head_number)
