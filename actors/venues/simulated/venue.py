"""The simulated venue: implements `Venue`."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from pydantic import ValidationError

from actors.observation_publisher import Keep, keep_nothing
from actors.venues.contract import (
    DeadlinePassed,
    OutcomeUnknown,
    Receipt,
    StepCancelled,
    StepRefused,
    Submission,
    SwapOrder,
    SwapTransaction,
    VenueRefused,
    VenueUnavailable,
)
from actors.venues.market_quote import market_quote
from actors.venues.recording import RecordedPlans, once_recorded
from actors.venues.simulated.behaviour import SimulationSettings
from actors.venues.simulated.execution import (
    MarketState,
    abandoned,
    cancelled,
    execute,
    refused,
    superseded,
)
from actors.venues.simulated.record import SimulatedTransaction
from actors.venues.simulated.swap import route_pools
from actors.venues.transaction_store import PlanSuperseded, TransactionStore
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import RouteQuote, VenueName
from tradewind.contracts.venues import SIMULATED
from tradewind.errors import NotYet
from tradewind.trading.cores.behaviour import Behaviour, behaviour_of
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.pricing.pools.pool_view import MarketNotLoaded, PoolView
from tradewind.trading.pricing.swap.router import PreparedPool
from tradewind.trading.wallet.errors import PlanNotRecorded

MIN_DELAY_MS = 1
MAX_KEPT_HERE = 256
MAX_DELAY_MS = 1_000
"""Whoever waits is told to ask again by then, so that it notices a request to cancel."""
MAX_WAIT_HERE_MS = 100
WAIT_RETRY_MS = 1_000
"""How long until an order is tried again that a trading state forbids, or whose plan the ledger
has not recorded."""

NOT_EXECUTED: Final = (Behaviour.REFUSED, Behaviour.UNAVAILABLE)


class _Kept(NamedTuple):
    """A record and the bytes of it that are stored."""

    value: bytes
    record: SimulatedTransaction


class SimulatedVenue:
    """Swaps against the newest pool snapshots.

    The hash of a transaction is derived from the identity of its order, and the store takes one
    record per hash. That record is the swap, so no process, crash or race can swap an order twice.
    """

    name: VenueName = SIMULATED

    def __init__(
        self,
        market: PoolView,
        store: TransactionStore,
        settings: SimulationSettings,
        now: Callable[[], datetime],
        *,
        keep: Keep = keep_nothing,
        recorded: RecordedPlans | None = None,
    ) -> None:
        self._market = market
        self._store = store
        self._settings = settings
        self._now = now
        self._keep_observation = keep
        self._recorded = recorded or RecordedPlans()
        self._kept_here: dict[str, _Kept] = {}
        """Records that were stored a moment ago and are asked for again, to tell of them; they are
        never changed. The oldest are forgotten."""

    async def price_quote(self, token_in: Asset, token_out: Asset, amount_in: int) -> RouteQuote:
        """Return the quote of the best route from the newest pool snapshots."""
        return market_quote(self._market, token_in, token_out, amount_in)

    async def build_swap_tx(self, order: SwapOrder) -> SwapTransaction:
        """Return the order: there is no chain that it would have to be written for."""
        return SwapTransaction(order, b"")

    async def submit_at_once(self, order: SwapOrder) -> str | None:
        """Execute the order unless it was executed before, and return its hash.

        None where it is not to be executed, which is not decided here. NotYet where it may be
        later, or a request to cancel kept it: the statement that executes looks for one.
        """
        tx_hash = transaction_hash(order)
        behaviour = behaviour_of(self._settings, order.strategy_id, tx_hash)
        now = self._now()
        if now >= order.deadline or behaviour in NOT_EXECUTED:
            return None
        try:
            record = await self._executed(order, tx_hash, self._pools(order), now)
            kept, created = await self._execute_or_look(order, tx_hash, record)
        except (PlanSuperseded, VenueRefused, VenueUnavailable):
            return None
        return _told(order, tx_hash, behaviour, kept, created)

    async def submit_tx(self, transaction: SwapTransaction) -> str:
        """Execute the order unless it was executed before, and return its hash."""
        order = transaction.order
        tx_hash = transaction_hash(order)
        behaviour = behaviour_of(self._settings, order.strategy_id, tx_hash)
        decided = await self._decide(order, tx_hash, behaviour)
        record, created = await self._keep(order, tx_hash, decided)
        return _told(order, tx_hash, behaviour, record, created)

    async def wait_receipt(
        self, tx_hash: str, fills_known: int = 0, reorgs_known: int = 0
    ) -> Receipt:
        """Return the receipt once it has more than `fills_known` fills."""
        return self._seen(await self._load(tx_hash), tx_hash, fills_known)

    async def cut_or_wait(self, tx_hash: str, correlation_id: str, fills_known: int = 0) -> Receipt:
        """Return the same, or the receipt that a request to cancel makes final.

        For an answer that comes soon it waits here, and looks then, for a request too: to have the
        message redelivered would cost several times as much.
        """
        try:
            self._expect(tx_hash, fills_known)
            return await self._cut_or_seen(tx_hash, correlation_id, fills_known)
        except NotYet as soon:
            if soon.delay_ms > MAX_WAIT_HERE_MS:
                raise
            await asyncio.sleep(soon.delay_ms / 1_000)
        return await self._cut_or_seen(tx_hash, correlation_id, fills_known)

    def _expect(self, tx_hash: str, fills_known: int) -> None:
        """Raise NotYet when it is known here that an answer comes soon, and not before."""
        if (kept := self._kept_here.get(tx_hash)) is None:
            return
        wait_ms = _wait_ms(kept.record, fills_known, self._now())
        if wait_ms and wait_ms <= MAX_WAIT_HERE_MS:
            raise NotYet(wait_ms)

    async def _cut_or_seen(self, tx_hash: str, correlation_id: str, fills_known: int) -> Receipt:
        value, cancellation = await self._store.follow(tx_hash, correlation_id)
        record = self._read(tx_hash, value)
        if cancellation is not None:
            return record.cut_by(cancellation, tx_hash, self._now())
        return self._seen(record, tx_hash, fills_known)

    def _seen(self, record: SimulatedTransaction, tx_hash: str, fills_known: int) -> Receipt:
        now = self._now()
        if wait_ms := _wait_ms(record, fills_known, now):
            raise NotYet(wait_ms)
        return record.seen_at(tx_hash, now)

    async def submission_of(self, tx_hash: str) -> Submission | None:
        """Return when an order was taken and what it was executed against."""
        kept = self._kept_here.get(tx_hash)
        inputs = (await self._load(tx_hash) if kept is None else kept.record).inputs
        return None if inputs is None else Submission(inputs.submitted_at, inputs)

    async def _keep(
        self, order: SwapOrder, tx_hash: str, record: SimulatedTransaction
    ) -> tuple[SimulatedTransaction, bool]:
        """Store the record unless there is one; return the one that stands, and whether it is new.

        NotYet as `_execute_or_look`.
        """
        if record.outcome in ("abandoned", "cancelled", "refused"):
            return await self._first(tx_hash, record)
        try:
            return await self._execute_or_look(order, tx_hash, record)
        except PlanSuperseded as error:
            return await self._first(tx_hash, superseded(self._now(), str(error)))

    async def _execute_or_look(
        self, order: SwapOrder, tx_hash: str, record: SimulatedTransaction
    ) -> tuple[SimulatedTransaction, bool]:
        """Execute the order, or look what became of it before; return as `_keep`.

        NotYet while trading is stopped, or the ledger has not recorded the plan: what was executed
        and is recorded nowhere else would be lost with the broker's store. A request to cancel, or
        a halt, that came since it was decided is looked for in the transaction that stores it.
        """
        try:
            created = await self._execute(order, tx_hash, record)
        except (TradingStopped, PlanNotRecorded) as error:
            if (kept := await self._store.get(tx_hash)) is None:
                raise NotYet(WAIT_RETRY_MS) from error
            return _record_of(tx_hash, kept), False
        return (record, True) if created else (await self._stored(tx_hash), False)

    async def _execute(self, order: SwapOrder, tx_hash: str, record: SimulatedTransaction) -> bool:
        """Store what the order was executed as once its plan is recorded; False as the store."""
        value = record.model_dump_json().encode()
        attempt = partial(self._store.execute, tx_hash, value, order.plan_event, order.passage())
        if not await once_recorded(attempt, order.plan_event.event_id, self._recorded):
            return False
        if len(self._kept_here) >= MAX_KEPT_HERE:
            del self._kept_here[next(iter(self._kept_here))]
        self._kept_here[tx_hash] = _Kept(value, record)
        return True

    async def _first(
        self, tx_hash: str, record: SimulatedTransaction
    ) -> tuple[SimulatedTransaction, bool]:
        """Store a record of what is never executed unless there is one; return as `_keep`."""
        if await self._store.create(tx_hash, record.model_dump_json().encode()):
            return record, True
        return await self._stored(tx_hash), False

    async def _decide(
        self, order: SwapOrder, tx_hash: str, behaviour: Behaviour
    ) -> SimulatedTransaction:
        """Return the record to store if there is none; VenueUnavailable only while there is none.

        A late order gets a record too, so that no slower attempt can still execute it.
        """
        now = self._now()
        if order.cancellation is not None:
            return cancelled(now)
        if now >= order.deadline:
            return abandoned(now)
        if behaviour is Behaviour.REFUSED:
            return refused(now)
        try:
            pools = self._pools(order)
            if behaviour is Behaviour.UNAVAILABLE:
                raise VenueUnavailable("the simulated venue does not answer")
        except VenueUnavailable:
            if (kept := await self._store.get(tx_hash)) is None:
                raise
            return _record_of(tx_hash, kept)
        return await self._executed(order, tx_hash, pools, now)

    async def _executed(
        self, order: SwapOrder, tx_hash: str, pools: Sequence[PreparedPool], now: datetime
    ) -> SimulatedTransaction:
        """Return what the order is executed as; what that depends on is kept before."""
        observation = self._market.observe()
        market = MarketState(pools, self._market.head(order.step.base.chain), observation.market)
        record = execute(order, market, tx_hash, self._settings, now)
        await self._keep_observation(observation)
        return record

    def _pools(self, order: SwapOrder) -> list[PreparedPool]:
        """Return the pools of the order's route; VenueUnavailable while one is not known."""
        try:
            addresses = route_pools(order.step)
        except ValueError as error:
            raise VenueRefused(str(error)) from error
        try:
            found = [self._market.pool(order.step.base.chain, address) for address in addresses]
        except MarketNotLoaded as error:
            raise VenueUnavailable(str(error)) from error
        pools = [pool for pool in found if pool is not None]
        if len(pools) < len(found):
            missing = addresses[found.index(None)]
            raise VenueUnavailable(f"the state of pool {missing} is not known yet")
        return pools

    async def _stored(self, tx_hash: str) -> SimulatedTransaction:
        """Return the record that kept ours from being stored.

        Without one it was a request to cancel: NotYet, because the next attempt knows of it.
        """
        if (kept := await self._store.get(tx_hash)) is None:
            raise NotYet(MIN_DELAY_MS)
        return _record_of(tx_hash, kept)

    async def _load(self, tx_hash: str) -> SimulatedTransaction:
        return self._read(tx_hash, await self._store.get(tx_hash))

    def _read(self, tx_hash: str, value: bytes | None) -> SimulatedTransaction:
        kept = self._kept_here.get(tx_hash)
        return kept.record if kept and kept.value == value else _record_of(tx_hash, value)


def _wait_ms(record: SimulatedTransaction, fills_known: int, now: datetime) -> int:
    """Return when to ask again; 0 when the record shows more than these fills, or its end."""
    if record.settled_at <= now or record.fills_at(now) > fills_known:
        return 0
    # Rounded up: whoever comes back a part of a millisecond early is sent away once more.
    wait_ms = -((now - record.next_change_after(now)) // timedelta(milliseconds=1))
    return min(max(wait_ms, MIN_DELAY_MS), MAX_DELAY_MS)


def _record_of(tx_hash: str, value: bytes | None) -> SimulatedTransaction:
    if value is None:
        raise OutcomeUnknown(f"the venue does not know {tx_hash}")
    try:
        return SimulatedTransaction.model_validate_json(value)
    except ValidationError as error:
        raise OutcomeUnknown(f"the venue cannot read its record of {tx_hash}") from error


def _told(
    order: SwapOrder,
    tx_hash: str,
    behaviour: Behaviour,
    record: SimulatedTransaction,
    created: bool,
) -> str:
    """Return the hash of an order that was executed; raise what else its record says."""
    if record.outcome == "cancelled":
        raise _cancelled(order, record)
    if record.outcome == "abandoned":
        raise DeadlinePassed(f"not submitted before {order.deadline.isoformat()}")
    if record.outcome == "refused":
        assert record.revert_reason is not None
        raise StepRefused(record.revert_reason, record.revert_detail, record.settled_at)
    return _answer(tx_hash, behaviour) if created else tx_hash


def _answer(tx_hash: str, behaviour: Behaviour) -> str:
    """Return the hash of an order that was executed now; OutcomeUnknown where that gets lost."""
    if behaviour is Behaviour.ANSWER_LOST:
        raise OutcomeUnknown("the simulated venue took the order and its answer was lost")
    return tx_hash


def _cancelled(order: SwapOrder, record: SimulatedTransaction) -> StepCancelled | NotYet:
    """Return the cancellation, which a process that has not heard of it yet has to look up."""
    if order.cancellation is None:
        return NotYet(MIN_DELAY_MS)
    return StepCancelled(order.cancellation, record.settled_at)


def transaction_hash(order: SwapOrder) -> str:
    """Return the hash of an order, which does not depend on the settings of the process."""
    identity = f"{SIMULATED}/{order.plan_id}/{order.step_index}"
    return "0x" + hashlib.sha256(identity.encode()).hexdigest()
