"""The venue contract on a chain: an order gets one nonce, and never a second one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from actors.venues.contract import (
    Fill,
    OutcomeUnknown,
    Receipt,
    Reorg,
    SignedStep,
    StepExpired,
    StepRefused,
    SwapOrder,
    SwapTransaction,
    VenueRefused,
    VenueUnavailable,
)
from actors.venues.market_quote import market_quote
from actors.venues.uniswap_v3.approvals import plan_transactions
from actors.venues.uniswap_v3.calldata import swap_calldata
from actors.venues.uniswap_v3.keys import Signer
from actors.venues.uniswap_v3.preflight import Preflight, Ready, Refusal
from actors.venues.uniswap_v3.transaction_manager import TransactionManager
from actors.venues.uniswap_v3.waits import Waits
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import RouteQuote, VenueName
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.errors import NotYet, PermanentError, TransientError
from tradewind.failpoints import failpoint
from tradewind.runtime import clock
from tradewind.trading.chain.contract_interface import LATEST
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call, Reply
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.wallet.errors import TooManyOpenTransactions, TransactionLost, WalletHalted
from tradewind.trading.wallet.records import (
    StepDecision,
    StepKey,
    StepOutcome,
    TransactionPurpose,
    TransactionRequest,
    TransactionState,
    WalletTransaction,
)

RETRY_MS: Final = 1_000
"""How long until an order is tried again that could be neither signed nor refused."""
SIGNED: Final = "venue.signed"
NODE_PATIENCE_SECONDS: Final = 4.0
"""Both questions to a node fit into the time limit of the actor that asks them."""
WAITS_FOR: Final = (
    RpcUnavailable,
    TooManyOpenTransactions,
    TransactionLost,
    VenueUnavailable,
    WalletHalted,
)
"""What may pass before an order's deadline."""
NEWEST_BLOCK: Final = Call("eth_getBlockByNumber", (LATEST, False))
PROOFS: Final = {
    TransactionState.REVERTED: "reverted",
    TransactionState.CANCELLED: "cancelled",
    TransactionState.NONCE_TAKEN: "nonce_taken",
}


@dataclass(frozen=True, slots=True)
class VenueParts:
    """The node, the key, the preflight, the transaction manager and the pools of a venue."""

    client: RpcClient
    signer: Signer
    preflight: Preflight
    manager: TransactionManager
    market: PoolView


class UniswapV3Venue:
    """Implements `Venue` and `SigningVenue`; every answer about an order comes from the journal."""

    name: VenueName = UNISWAP_V3

    def __init__(
        self,
        parts: VenueParts,
        settings: ChainSettings,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._parts = parts
        self._journal = parts.manager.journal
        self._settings = settings
        self.confirm_within_seconds = settings.confirm_within_seconds
        self._router: str = settings.contracts().model_dump()[settings.swap_router]
        self._now = now
        self._waits = Waits()

    async def price_quote(self, token_in: Asset, token_out: Asset, amount_in: int) -> RouteQuote:
        """Return the quote of the best route from the newest pool snapshots."""
        return market_quote(self._parts.market, token_in, token_out, amount_in)

    async def build_swap_tx(self, order: SwapOrder) -> SwapTransaction:
        """Return the router call; its deadline counts from block time or our clock, the later one.

        Our clock is later on a chain that mines on demand. Raises NotYet while no node answers;
        after the order's deadline nobody is asked, because it can only be looked up or expire.
        """
        if self._now() >= order.deadline:
            return SwapTransaction(order, b"")
        try:
            ask = self._parts.client.ask([NEWEST_BLOCK], _block_time)
            block_time = await _answered_in_time(ask)
        except (RpcUnavailable, RpcRefused) as error:
            self._waits.note(_key(order), error)
            raise NotYet(RETRY_MS) from error
        newest = max(block_time, int(self._now().timestamp()))
        latest = newest + self._settings.swap_deadline_seconds
        deadline = min(int(order.deadline.timestamp()), latest)
        try:
            data = swap_calldata(
                order.step, self._settings.swap_router, self._parts.signer.address, deadline
            )
        except ValueError as error:
            raise VenueRefused(str(error)) from error
        return SwapTransaction(order, data, datetime.fromtimestamp(deadline, UTC))

    async def sign_tx(self, transaction: SwapTransaction) -> SignedStep:
        """Decide about the order once, and return or raise the same decision from then on."""
        key = _key(transaction.order)
        decision = await self._journal.decision(key)
        if decision is None:
            decision = await self._decide(key, transaction)
        if decision.outcome is StepOutcome.REFUSED:
            reason = ExecutionFailureReason(decision.reason)
            raise StepRefused(reason, decision.detail, decision.decided_at)
        if decision.outcome is StepOutcome.EXPIRED:
            raise StepExpired(decision.decided_at, decision.detail)
        assert decision.nonce is not None
        wallet_transaction = await self._journal.transaction_at(decision.nonce)
        assert wallet_transaction is not None
        first = wallet_transaction.attempts[0]
        return SignedStep(first.tx_hash, self._journal.address, decision.nonce, decision.decided_at)

    async def submit_tx(self, transaction: SwapTransaction) -> str:
        """Sign the order and broadcast it; return the hash of its first attempt."""
        signed = await self.sign_tx(transaction)
        await self.broadcast_tx(signed.tx_hash)
        return signed.tx_hash

    async def broadcast_tx(self, tx_hash: str) -> datetime:
        """Broadcast a signed transaction after every lower nonce; return when a node first had it.

        Raises OutcomeUnknown while no node is known to have it.
        """
        wallet_transaction = await self._transaction_where(tx_hash)
        if wallet_transaction.submitted_at is None:
            await self._parts.manager.broadcast_through(wallet_transaction.nonce)
            wallet_transaction = await self._transaction_where(tx_hash)
        if wallet_transaction.submitted_at is None:
            await self._check_if_due()
            wallet_transaction = await self._transaction_where(tx_hash)
        if wallet_transaction.submitted_at is None:
            raise OutcomeUnknown(f"no node is known to have {tx_hash}")
        return wallet_transaction.submitted_at

    async def wait_receipt(
        self, tx_hash: str, fills_known: int = 0, reorgs_known: int = 0
    ) -> Receipt | Reorg:
        """Return the next reorg, or the outcome, of whichever attempt was mined."""
        wallet_transaction = await self._transaction_where(tx_hash)
        if not wallet_transaction.state.is_settled and await self._check_if_due():
            wallet_transaction = await self._transaction_where(tx_hash)
        reorgs = [reorg for reorg in wallet_transaction.reorgs if not reorg.after_settlement]
        if len(reorgs) > reorgs_known:
            reorg = reorgs[reorgs_known]
            return Reorg(
                reorg.tx_hash,
                reorg.reorg_index,
                reorg.block_number,
                reorg.block_hash,
                reorg.seen_at,
            )
        if not wallet_transaction.state.is_settled:
            raise NotYet(self._parts.manager.tend_interval_ms)
        return _receipt(wallet_transaction)

    async def _check_if_due(self) -> bool:
        try:
            return await self._parts.manager.check_if_due()
        except (TransientError, PermanentError) as error:
            # A failed pass says nothing about the order, so the caller asks again.
            raise NotYet(RETRY_MS) from error

    async def _transaction_where(self, tx_hash: str) -> WalletTransaction:
        wallet_transaction = await self._journal.transaction_of(tx_hash)
        if wallet_transaction is None:
            raise OutcomeUnknown(f"the journal does not know {tx_hash}")
        return wallet_transaction

    async def _decide(self, key: StepKey, transaction: SwapTransaction) -> StepDecision:
        order = transaction.order
        try:
            if self._now() >= order.deadline or transaction.expires_at is None:
                return await self._expire(key, self._waits.last(key))
            run = self._parts.preflight.run(order.step, transaction.data)
            found = await _answered_in_time(run)
            if isinstance(found, Refusal):
                return await self._refuse(key, found)
            decision = await self._claim(key, transaction, found, transaction.expires_at)
        except WAITS_FOR as error:
            self._waits.note(key, error)
            raise NotYet(RETRY_MS) from error
        failpoint(SIGNED)
        return decision

    async def _expire(self, key: StepKey, detail: str) -> StepDecision:
        return await self._journal.refuse(key, StepOutcome.EXPIRED, detail=detail)

    async def _refuse(self, key: StepKey, refusal: Refusal) -> StepDecision:
        if refusal.reason is ExecutionFailureReason.TRANSACTION_TOO_OLD:
            # The clock of the chain decides: it is past the deadline, even if our clock is not.
            return await self._expire(key, f"by the chain's clock: {refusal.detail}")
        return await self._journal.refuse(key, StepOutcome.REFUSED, refusal.reason, refusal.detail)

    async def _claim(
        self, key: StepKey, transaction: SwapTransaction, ready: Ready, expires_at: datetime
    ) -> StepDecision:
        step = transaction.order.step
        swap = TransactionRequest(
            purpose=TransactionPurpose.SWAP,
            target=self._router,
            data=transaction.data,
            gas_limit=ready.gas_limit,
            fees=ready.fees,
            deadline=expires_at,
            description={
                "step": step.model_dump(mode="json"),
                "strategy_id": transaction.order.strategy_id,
            },
        )
        plan = plan_transactions(
            swap,
            token=step.token_in,
            spender=self._router,
            amount=step.amount_in,
            mode=self._settings.approval,
            cap_multiple=self._settings.approval_cap_multiple,
        )
        return await self._journal.claim(
            key,
            step.token_in,
            self._router,
            plan,
            self._parts.signer.sign,
            self._settings.max_open_slots,
        )


def _key(order: SwapOrder) -> StepKey:
    return StepKey(order.plan_id, order.step_index)


async def _answered_in_time[T](question: Awaitable[T]) -> T:
    """Return the answer; RpcUnavailable when no node gave it in time."""
    try:
        async with asyncio.timeout(NODE_PATIENCE_SECONDS):
            return await question
    except TimeoutError as error:
        raise RpcUnavailable(f"no node answered within {NODE_PATIENCE_SECONDS} s") from error


def _block_time(replies: list[Reply]) -> int:
    return parse_quantity(result_of(replies[0])["timestamp"])


def _receipt(wallet_transaction: WalletTransaction) -> Receipt:
    if wallet_transaction.state is TransactionState.SUCCEEDED:
        assert wallet_transaction.amount_in is not None
        assert wallet_transaction.amount_out is not None
        assert wallet_transaction.mined_block_number is not None
        fill = Fill(
            wallet_transaction.amount_in,
            wallet_transaction.amount_out,
            wallet_transaction.mined_block_number,
        )
        return Receipt(
            wallet_transaction.tx_hash,
            (fill,),
            final=True,
            settled_at=wallet_transaction.settled_at,
        )
    return Receipt(
        wallet_transaction.tx_hash,
        (),
        final=True,
        revert_reason=ExecutionFailureReason(wallet_transaction.reason),
        revert_detail=wallet_transaction.detail,
        proof=PROOFS[wallet_transaction.state],  # type: ignore[arg-type]
        settled_at=wallet_transaction.settled_at,
    )
