"""Keeps the wallet's open transactions going until each has its outcome.

One pass reads every open slot, asks a node once, and does the one next thing about each. Any
process may do a pass at any time: every step is safe to do twice.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.chain_reader import read_chain
from actors.venues.uniswap_v3.fees import FeePolicy
from actors.venues.uniswap_v3.gas import CANCEL_GAS_LIMIT
from actors.venues.uniswap_v3.keys import Signer
from actors.venues.uniswap_v3.late_reorgs import LateReorgs
from actors.venues.uniswap_v3.settlement import nonce_taken, settlement_of, step_of
from actors.venues.uniswap_v3.swap_receipt import UnreadableReceipt
from actors.venues.uniswap_v3.watching import (
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
from tradewind.chain.broadcast import BroadcastOutcome
from tradewind.chain.rpc_client import RpcClient
from tradewind.contracts.reasons import ExecutionFailureReason
from tradewind.errors import TradewindError
from tradewind.failpoints import failpoint
from tradewind.journal.journal import Journal
from tradewind.journal.records import (
    GenerationPurpose,
    Settlement,
    Slot,
    SlotRequest,
    SlotState,
    Wallet,
)

BROADCAST_DONE: Final = "venue.broadcast"
BROADCAST_NOTED: Final = "venue.noted"
FAILPOINTS: Final = (BROADCAST_DONE, BROADCAST_NOTED)
MAX_ACTIONS_PER_SLOT: Final = 4
KNOWN: Final = frozenset({BroadcastOutcome.ACCEPTED, BroadcastOutcome.ALREADY_KNOWN})

logger = structlog.get_logger("wallet")


class Keeper:
    """Looks after one wallet. Raises RpcUnavailable and JournalUnavailable."""

    def __init__(
        self,
        journal: Journal,
        client: RpcClient,
        signer: Signer,
        fees: FeePolicy,
        policy: WatchPolicy,
        late: LateReorgs,
        *,
        tend_interval_ms: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.journal = journal
        self.tend_interval_ms = tend_interval_ms
        self._client = client
        self._signer = signer
        self._fees = fees
        self._policy = policy
        self._late = late
        self._now = now
        self._ahead_since: datetime | None = None
        self._was_halted = False

    async def run(self, stopped: asyncio.Event) -> None:
        """Tend the wallet until `stopped`; nodes or a database that are away are waited for."""
        is_failing = False
        while not stopped.is_set():
            try:
                await self.tend()
                if is_failing:
                    logger.info("the wallet is looked after again", wallet=self.journal.address)
                is_failing = False
            except TradewindError as error:
                if not is_failing:
                    logger.warning("the wallet cannot be looked after", error=str(error))
                is_failing = True
            try:
                await asyncio.wait_for(stopped.wait(), self.tend_interval_ms / 1_000)
            except TimeoutError:
                continue

    async def tend(self) -> bool:
        """Do a pass if it is this process's turn; return whether it did one."""
        if not await self.journal.try_tend(self.tend_interval_ms):
            return False
        await self.look()
        return True

    async def look(self) -> ChainView:
        """Do a pass now; return what the chain showed."""
        slots = await self.journal.open_slots()
        numbers = await self._late.block_numbers()
        view = await read_chain(self._client, self.journal.address, slots, numbers)
        for slot in slots:
            await self._look_after(slot, view)
        wallet = await self.journal.wallet()
        await self._notice_strangers(wallet, view)
        await self._late.check(view)
        self._report(wallet, slots, view)
        return view

    async def hand_over(self, nonce: int) -> None:
        """Broadcast every open slot up to a nonce that no node is known to have, lowest first."""
        for slot in await self.journal.open_slots():
            if slot.nonce <= nonce and slot.state is SlotState.SIGNED:
                await self.broadcast(slot)

    async def broadcast(self, slot: Slot) -> BroadcastOutcome:
        """Hand the kept bytes of a slot to the nodes, and keep what they answered."""
        latest = slot.latest
        answer = await self._client.broadcast(latest.raw)
        failpoint(BROADCAST_DONE)
        metrics.BROADCASTS.labels(answer.outcome).inc()
        await self.journal.note_broadcast(
            latest.tx_hash,
            f"{answer.outcome}: {answer.detail}",
            is_known=answer.outcome in KNOWN,
        )
        failpoint(BROADCAST_NOTED)
        if answer.outcome is BroadcastOutcome.REFUSED:
            logger.error("refused by a node", nonce=slot.nonce, detail=answer.detail)
        return answer.outcome

    async def _look_after(self, slot: Slot, view: ChainView) -> None:
        """Do what follows, and what follows from that: a slot first seen may settle at once."""
        current: Slot | None = slot
        for _ in range(MAX_ACTIONS_PER_SLOT):
            if current is None or current.state.is_settled:
                return
            action = assess(current, view, self._now(), self._policy)
            try:
                if not await self._act(current, action, view):
                    return
            except UnreadableReceipt as error:
                logger.error("a receipt cannot be read", nonce=slot.nonce, error=str(error))
                return
            current = await self.journal.slot_at(slot.nonce)

    async def _act(self, slot: Slot, action: Action, view: ChainView) -> bool:
        """Return whether the slot should be looked at again with the same view."""
        match action:
            case Settle(tx_hash):
                await self._settle(slot, tx_hash, view)
            case NoteMined(tx_hash, block_number, block_hash):
                await self.journal.note_mined(slot.nonce, tx_hash, block_number, block_hash)
            case NoteReorg(block_hash):
                await self.journal.note_reorged(slot.nonce, block_hash)
                metrics.REORGS.labels("false").inc()
                logger.warning("its block left the chain", nonce=slot.nonce, block_hash=block_hash)
                return True
            case Broadcast():
                await self.broadcast(slot)
            case Replace():
                await self._offer_more(slot, view)
            case Cancel():
                await self._cancel(slot, view)
            case _:
                await self._act_on_stranger(slot, action)
        return False

    async def _act_on_stranger(self, slot: Slot, action: Action) -> None:
        match action:
            case NoteForeign():
                await self.journal.note_foreign(slot.nonce)
            case ClearForeign():
                await self.journal.clear_foreign(slot.nonce)
            case Halt(reason):
                await self.journal.halt(reason)
            case GiveUpNonce():
                await self._keep(slot, nonce_taken(slot))

    async def _settle(self, slot: Slot, tx_hash: str, view: ChainView) -> None:
        generation = next(one for one in slot.generations if one.tx_hash == tx_hash)
        settlement = await settlement_of(
            self._client, self.journal.address, slot, generation, view.receipts[tx_hash]
        )
        await self._keep(slot, settlement)

    async def _keep(self, slot: Slot, settlement: Settlement) -> None:
        if settlement.reason == ExecutionFailureReason.TRANSFER_FAILED:
            # The allowance is not what the journal counts on: somebody took it back.
            await self.journal.forget_allowance(step_of(slot).token_in, slot.target)
        settled = await self.journal.settle(slot.nonce, settlement)
        metrics.SETTLED.labels(settled.state).inc()
        logger.info(
            "settled",
            nonce=slot.nonce,
            state=settled.state.value,
            tx_hash=settled.tx_hash,
            detail=settled.detail,
        )

    async def _offer_more(self, slot: Slot, view: ChainView) -> None:
        """Sign the latest call again at higher fees; at the cap, send it as it is."""
        latest = slot.latest
        if latest.purpose is GenerationPurpose.CANCEL:
            await self._cancel(slot, view)
            return
        fees = self._fees.raised(latest.fees, view.base_fee_wei, view.suggested_priority_fee_wei)
        if fees is None:
            await self.broadcast(slot)
            return
        request = SlotRequest(
            slot.purpose, slot.target, slot.data, latest.gas_limit, fees, slot.deadline
        )
        await self._sign_again(slot, GenerationPurpose.REPLACEMENT, request)

    async def _cancel(self, slot: Slot, view: ChainView) -> None:
        fees = self._fees.raised(
            slot.latest.fees, view.base_fee_wei, view.suggested_priority_fee_wei
        )
        if fees is None:
            await self.broadcast(slot)
            return
        request = SlotRequest(
            slot.purpose, self.journal.address, b"", CANCEL_GAS_LIMIT, fees, slot.deadline
        )
        await self._sign_again(slot, GenerationPurpose.CANCEL, request)

    async def _sign_again(
        self, slot: Slot, purpose: GenerationPurpose, request: SlotRequest
    ) -> None:
        added = await self.journal.add_generation(slot, purpose, request, self._signer.sign)
        if added is None:
            return
        metrics.GENERATIONS.labels(purpose).inc()
        logger.warning(
            "signed again",
            nonce=slot.nonce,
            purpose=purpose.value,
            tx_hash=added.tx_hash,
            max_fee_per_gas_wei=added.fees.max_fee_per_gas_wei,
        )
        current = await self.journal.slot_at(slot.nonce)
        if current is not None and not current.state.is_settled:
            await self.broadcast(current)

    async def _notice_strangers(self, wallet: Wallet, view: ChainView) -> None:
        """Halt when the chain counts transactions the journal has never given a nonce."""
        if view.next_nonce <= wallet.next_nonce:
            self._ahead_since = None
            return
        now = self._now()
        self._ahead_since = self._ahead_since or now
        if now - self._ahead_since >= self._policy.foreign_grace:
            await self.journal.halt(
                f"the chain counts {view.next_nonce} transactions, the journal has given out "
                f"{wallet.next_nonce} nonces: the key was used from outside"
            )

    def _report(self, wallet: Wallet, slots: list[Slot], view: ChainView) -> None:
        is_halted = wallet.halted_reason is not None
        if is_halted and not self._was_halted:
            logger.critical("the wallet is halted", reason=wallet.halted_reason)
        self._was_halted = is_halted
        oldest = min((slot.created_at for slot in slots), default=None)
        age = 0.0 if oldest is None else (self._now() - oldest).total_seconds()
        metrics.OPEN_SLOTS.set(len(slots))
        metrics.OLDEST_SLOT.set(max(0.0, age))
        metrics.NEXT_NONCE.set(wallet.next_nonce)
        metrics.HALTED.set(is_halted)
        metrics.HEAD.set(view.head_number)
