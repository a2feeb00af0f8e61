"""The venue contract on a chain: an order gets one nonce, and never a second one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from actors.venues.contract import (
    AnsweredEvent,
    OutcomeUnknown,
    Receipt,
    Reorg,
    SignedStep,
    StepCancelled,
    StepExpired,
    StepRefused,
    SwapOrder,
    SwapTransaction,
    VenueRefused,
    VenueUnavailable,
)
from actors.venues.market_quote import market_quote
from actors.venues.recording import RecordedPlans, once_recorded
from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.approvals import ApprovalPolicy, plan_transactions
from actors.venues.uniswap_v3.calldata import swap_calldata
from actors.venues.uniswap_v3.cancelling import cancel_soon
from actors.venues.uniswap_v3.keys import Signer
from actors.venues.uniswap_v3.outcomes import receipt_of
from actors.venues.uniswap_v3.preflight import Preflight, Ready, Refusal
from actors.venues.uniswap_v3.transaction_manager import TransactionManager
from actors.venues.uniswap_v3.waits import Waits
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.plans.model import RouteQuote, VenueName
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.errors import NotYet
from tradewind.failpoints import failpoint
from tradewind.runtime import clock
from tradewind.runtime.periodic import is_set_within
from tradewind.trading.chain.contract_interface import LATEST
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call, Reply
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.wallet.errors import (
    PlanNotRecorded,
    TooManyOpenTransactions,
    TransactionLost,
    WalletHalted,
)
from tradewind.trading.wallet.followed_events import FollowedEvent, FollowedEvents, Question
from tradewind.trading.wallet.records import (
    Progress,
    StepDecision,
    StepKey,
    StepOutcome,
    TransactionPurpose,
    TransactionRequest,
    WalletTransaction,
)

RETRY_MS: Final = 1_000
"""How long until an order is tried again that could be neither signed nor refused."""
BROADCAST_PATIENCE_SECONDS: Final = 2.0
"""A node that is slower does not keep a message waiting: the watcher publishes what follows."""
ANSWERS_PATIENCE_SECONDS: Final = 1.0
"""The pauses between looks whether the ledger has recorded a plan that is ready to be signed."""
SIGNED: Final = "venue.signed"
NODE_PATIENCE_SECONDS: Final = 4.0
"""Both questions to a node fit into the time limit of the actor that asks them."""
WAITS_FOR: Final = (
    PlanNotRecorded,
    RpcUnavailable,
    TooManyOpenTransactions,
    TradingStopped,
    TransactionLost,
    VenueUnavailable,
    WalletHalted,
)
"""What may pass before an order's deadline."""
NEWEST_BLOCK: Final = Call("eth_getBlockByNumber", (LATEST, False))


@dataclass(frozen=True, slots=True)
class VenueParts:
    """The node, the key, the preflight, the transaction manager and the pools of a venue."""

    client: RpcClient
    signer: Signer
    preflight: Preflight
    manager: TransactionManager
    market: PoolView
    recorded: RecordedPlans


class UniswapV3Venue:
    """Implements `Venue`, `SigningVenue` and `FollowingVenue`.

    Every answer about an order comes from the journal.
    """

    name: VenueName = UNISWAP_V3

    def __init__(
        self,
        parts: VenueParts,
        settings: ChainSettings,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._parts = parts
        self._journal = parts.manager.journal
        self._claims = asyncio.Lock()
        self._followed = FollowedEvents.beside(self._journal)
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
        nobody is asked for an order that is cancelled or late, and can only be looked up.
        """
        if order.cancellation is not None or self._now() >= order.deadline:
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
        """Decide about the order once, and return or raise the same decision from then on.

        Raises AnotherPlanRecorded for a plan that differs from the recorded one of its id.
        """
        key = _key(transaction.order)
        decision = await self._journal.decision(key)
        if decision is None:
            decision = await self._decide(key, transaction)
        else:
            await self._journal.check_plan(transaction.order.plan_event)
        if decision.outcome is StepOutcome.REFUSED:
            reason = ExecutionFailureReason(decision.reason)
            raise StepRefused(reason, decision.detail, decision.decided_at)
        if decision.outcome is StepOutcome.CANCELLED:
            by = Cancellation(decision.reason, decision.detail, decision.decided_at)
            raise StepCancelled(by, decision.decided_at)
        if decision.outcome is StepOutcome.EXPIRED:
            raise StepExpired(decision.decided_at, decision.detail)
        assert decision.nonce is not None
        tx_hash = await self._journal.first_hash(decision.nonce)
        return SignedStep(tx_hash, self._journal.address, decision.nonce, decision.decided_at)

    async def submit_tx(self, transaction: SwapTransaction) -> str:
        """Sign the order and broadcast it; return the hash of its first attempt."""
        signed = await self.sign_tx(transaction)
        await self.broadcast_tx(signed.tx_hash)
        return signed.tx_hash

    async def broadcast_tx(self, tx_hash: str) -> datetime:
        """Broadcast a signed transaction after every lower nonce; return when a node first had it.

        Raises NotYet while no node is known to have it.
        """
        progress = await self._progress(tx_hash)
        if progress.submitted_at is None:
            try:
                # Bytes that were under way when the time is up are broadcast again by the watcher.
                async with asyncio.timeout(BROADCAST_PATIENCE_SECONDS):
                    await self._parts.manager.broadcaster.broadcast_unsent()
            except TimeoutError:
                raise NotYet(RETRY_MS) from None
            progress = await self._progress(tx_hash)
        if progress.submitted_at is None:
            raise NotYet(RETRY_MS)
        return progress.submitted_at

    async def wait_receipt(
        self, tx_hash: str, fills_known: int = 0, reorgs_known: int = 0
    ) -> Receipt | Reorg:
        """Return the next reorg, or the outcome, of whichever attempt was mined.

        The journal answers: only the watcher asks the chain.
        """
        progress = await self._progress(tx_hash)
        answer = None
        if progress.is_settled or progress.reorgs > reorgs_known:
            one = await self._journal.transaction_at(progress.nonce)
            assert one is not None
            approvals = await self._journal.allowances.approvals_of([one])
            answer = _answer(one, reorgs_known, approvals[one.nonce])
        if answer is None:
            raise NotYet(self._parts.manager.tend_interval_ms)
        return answer

    async def follow(self, tx_hash: str, event: FollowedEvent) -> None:
        """Keep an event until `answered` returned it and `forget` was told so.

        An answer that comes between the caller's question and this is found by the next pass.
        """
        await self._followed.follow(tx_hash, event)

    async def answered(self) -> list[AnsweredEvent]:
        """Wait for a pass, at most a while; return the kept events that have their answers."""
        if not await is_set_within(self._parts.manager.checked, ANSWERS_PATIENCE_SECONDS):
            return []
        self._parts.manager.checked.clear()
        followed = await self._followed.answered()
        approvals = await self._journal.allowances.approvals_of([one for _, one in followed])
        return [
            AnsweredEvent(event.event_id, event.body, answer)
            for event, one in followed
            if (answer := _answer_to(event, one, approvals[one.nonce])) is not None
        ]

    async def cancel_in_flight(self, correlation_id: str, cancellation: Cancellation) -> None:
        """Have the open swaps of an intent cancelled at their nonces, before the next block."""
        nonces = await self._journal.request_intent_cancel(correlation_id, cancellation)
        if nonces:
            await cancel_soon(self._parts.manager, nonces)

    async def forget(self, event_ids: Sequence[str]) -> None:
        """Drop events whose consequences are published."""
        await self._followed.forget(event_ids)

    async def _progress(self, tx_hash: str) -> Progress:
        progress = await self._journal.progress(tx_hash)
        if progress is None:
            raise OutcomeUnknown(f"the journal does not know {tx_hash}")
        return progress

    async def _decide(self, key: StepKey, transaction: SwapTransaction) -> StepDecision:
        order = transaction.order
        try:
            if order.cancellation is not None:
                cancellation_id, by, _ = order.cancellation
                return await self._journal.refuse(key, StepOutcome.CANCELLED, cancellation_id, by)
            if self._now() >= order.deadline or transaction.expires_at is None:
                why = self._waits.last(key)
                return await self._journal.refuse(key, StepOutcome.EXPIRED, detail=why)
            # The claim decides. Whoever waits for a state to end spares the node the simulation.
            await self._journal.check_trading(order.passage(self._journal.address))
            token = order.step.token_in
            allowance = await self._journal.allowances.read(token, self._router)
            run = self._parts.preflight.run(order.step, transaction.data, allowance.projected)
            found = await _answered_in_time(run)
            if isinstance(found, Refusal):
                return await self._refuse(key, found)
            if allowance.is_quiet and found.allowance not in (None, allowance.projected):
                assert found.allowance is not None
                await self._journal.allowances.correct(
                    token, self._router, found.allowance, allowance
                )
            decision = await self._claim(key, transaction, found, transaction.expires_at)
        except WAITS_FOR as error:
            self._waits.note(key, error)
            raise NotYet(RETRY_MS) from error
        failpoint(SIGNED)
        return decision

    async def _refuse(self, key: StepKey, refusal: Refusal) -> StepDecision:
        if refusal.reason is ExecutionFailureReason.TRANSACTION_TOO_OLD:
            # The clock of the chain decides: it is past the deadline, even if our clock is not.
            detail = f"by the chain's clock: {refusal.detail}"
            return await self._journal.refuse(key, StepOutcome.EXPIRED, detail=detail)
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
            policy=ApprovalPolicy.from_settings(self._settings),
        )
        claim = partial(
            self._journal.claim,
            key,
            transaction.order.plan_event,
            transaction.order.passage(self._journal.address),
            step.token_in,
            self._router,
            plan,
            self._parts.signer.sign,
            self._settings.max_open_slots,
        )

        async def claim_in_turn(_: bool) -> StepDecision:
            # Claims wait for the wallet's row: here they do so without keeping a connection.
            async with self._claims:
                return await claim()

        event_id, waited = transaction.order.plan_event.event_id, metrics.RECORDING_WAIT.observe
        return await once_recorded(claim_in_turn, event_id, self._parts.recorded, waited)


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


def _answer_to(
    event: FollowedEvent, one: WalletTransaction, approvals: Sequence[WalletTransaction]
) -> datetime | Receipt | Reorg | None:
    if event.question is Question.SUBMISSION:
        return one.submitted_at
    return _answer(one, event.reorgs_known, approvals)


def _answer(
    one: WalletTransaction, reorgs_known: int, approvals: Sequence[WalletTransaction]
) -> Receipt | Reorg | None:
    """Return the first reorg that is not known yet, else the outcome; None while there is none.

    The outcome tells what the approvals cost, and is told once, so it waits for theirs.
    """
    reorgs = [reorg for reorg in one.reorgs if not reorg.after_settlement]
    if len(reorgs) > reorgs_known:
        reorg = reorgs[reorgs_known]
        return Reorg(
            reorg.tx_hash,
            reorg.reorg_index,
            reorg.block_number,
            reorg.block_hash,
            reorg.seen_at,
        )
    is_settled = all(each.state.is_settled for each in (one, *approvals))
    return receipt_of(one, approvals) if is_settled else None
