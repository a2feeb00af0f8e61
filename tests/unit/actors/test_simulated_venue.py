"""The simulated venue: the contract, and the behaviours it can be asked to show."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.venues.contract import DeadlinePassed, OutcomeUnknown, VenueRefused, VenueUnavailable
from actors.venues.simulated import Behaviour, SimulatedVenue
from actors.venues.simulated.record import SimulatedTransaction
from actors.venues.simulated.venue import transaction_hash
from actors.venues.transaction_store import Followed, MemoryTransactionStore
from tests.support.factories import (
    DAI,
    LINK,
    NOW,
    REGISTRY,
    WBTC,
    WETH,
    cache_of,
    market_view,
)
from tests.support.limits import SIMULATION
from tests.support.venue_contract import VenueContract, settled, submit
from tests.support.venue_harness import SimulatedHarness
from tradewind.contracts.execution.demo_strategies import DemoStrategy
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.system.trading_states import Scope
from tradewind.errors import NotYet
from tradewind.runtime import clock
from tradewind.trading.cores.behaviour import (
    MAX_PRICE_MOVE_PPM,
    behaviour_of,
    latency_ms,
    price_move_ppm,
)
from tradewind.trading.cores.fill import split
from tradewind.trading.pricing.pools.pool_view import PoolView

FILLING = (
    DemoStrategy.PARTIAL_FILLS.value,
    DemoStrategy.TIMEOUT_VENUE.value,
    DemoStrategy.SLOW_VENUE.value,
)
"""The strategies whose orders are filled as any other's, sooner or later."""

tx_hashes = st.binary(min_size=32, max_size=32).map(lambda raw: f"0x{raw.hex()}")


class TestContract(VenueContract):
    @pytest.fixture(params=["demo", *FILLING])
    def harness(self, request: pytest.FixtureRequest) -> SimulatedHarness:
        return SimulatedHarness(MemoryTransactionStore(), strategy_id=request.param)


class TestContractOfLongerRoutes(VenueContract):
    @pytest.fixture(params=["two_hop", "split"])
    def harness(self, request: pytest.FixtureRequest) -> SimulatedHarness:
        harness = routed(request.param)
        assert harness.order(1).step.route.path == request.param
        return harness


def routed(path: str) -> SimulatedHarness:
    """Return a venue whose orders have such a route."""
    changes: dict[str, dict[str, Any]] = {
        "two_hop": {"assets": (WBTC, DAI), "amount": Decimal("0.1")},
        "split": {"amount": Decimal(300)},
    }
    return SimulatedHarness(MemoryTransactionStore(), **changes[path])


@pytest.mark.parametrize("path", ["two_hop", "split"])
async def test_a_longer_route_swaps_what_was_planned_but_for_the_price_move(path: str) -> None:
    harness = routed(path)
    order = harness.order(1)
    tx_hash = await submit(harness.venue, order)
    (fill,) = (await settled(harness, tx_hash)).fills
    moved = price_move_ppm(SIMULATION, tx_hash)
    planned = order.step.route.amount_out * (10**6 + moved) // 10**6
    assert fill.amount_in == order.step.amount_in
    assert 0 <= fill.amount_out - planned <= planned // 10**6


@pytest.mark.parametrize("path", ["two_hop", "split"])
async def test_a_longer_route_waits_for_every_pool(path: str) -> None:
    harness = routed(path)
    order = harness.order(1)
    last = order.step.route.legs[-1].pool
    market = market_view(without=lambda pool: pool.pool == last)
    venue = SimulatedVenue(market, MemoryTransactionStore(), SIMULATION, harness.now)
    with pytest.raises(VenueUnavailable, match=last):
        await submit(venue, order)


@pytest.mark.parametrize("path", ["two_hop", "split"])
async def test_legs_that_do_not_make_up_the_step_are_refused(path: str) -> None:
    harness = routed(path)
    order = harness.order(1)
    legs = order.step.route.legs
    crooked = order.step.route.model_copy(update={"legs": (legs[0], legs[0])})
    with pytest.raises(VenueRefused, match="legs"):
        await submit(
            harness.venue, replace(order, step=order.step.model_copy(update={"route": crooked}))
        )


async def test_a_pool_on_the_way_that_ran_dry_reverts() -> None:
    harness = routed("two_hop")
    order = harness.order(1)
    huge = replace(order, step=order.step.model_copy(update={"amount_in": 10**30}))
    receipt = await settled(harness, await submit(harness.venue, huge))
    assert (receipt.fills, receipt.revert_reason) == ((), ExecutionFailureReason.REVERTED)


def harness_of(strategy: DemoStrategy) -> SimulatedHarness:
    return SimulatedHarness(MemoryTransactionStore(), strategy_id=strategy.value)


async def test_partial_fills_are_seen_one_after_the_other() -> None:
    harness = harness_of(DemoStrategy.PARTIAL_FILLS)
    tx_hash = await submit(harness.venue, harness.order(1))
    seen: list[int] = []
    while not seen or seen[-1] < 2:
        try:
            receipt = await harness.venue.wait_receipt(tx_hash, len(seen))
            assert len(receipt.fills) == len(seen) + 1
            seen.append(len(receipt.fills))
        except NotYet as later:
            await harness.wait(later.delay_ms)
    assert seen == [1, 2]


class CountingStore(MemoryTransactionStore):
    """Notes which records were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.followed: list[str] = []

    async def get(self, key: str) -> bytes | None:
        self.read.append(key)
        return await super().get(key)

    async def follow(self, key: str, correlation_id: str) -> Followed:
        self.followed.append(key)
        return await super().follow(key, correlation_id)


async def test_whoever_stored_an_order_tells_of_it_without_reading_it_back() -> None:
    """Given an order taken here, then what is told of it is what every process reads of it."""
    store = CountingStore()
    harness = SimulatedHarness(store)
    tx_hash = await submit(harness.venue, harness.order(1))
    told = await harness.venue.submission_of(tx_hash)
    assert told is not None
    assert await harness.venue.submission_of(tx_hash) == told
    assert not store.read
    assert await harness.another.submission_of(tx_hash) == told
    assert store.read == [tx_hash]


async def test_whoever_stored_an_order_looks_once_it_is_filled_and_not_before() -> None:
    """Given a fill that is known here to come soon, then one look finds it, or a request."""
    store = CountingStore()
    ahead = clock.now() - NOW
    venue = SimulatedVenue(market_view(), store, SIMULATION, lambda: clock.now() - ahead)
    tx_hash = await submit(venue, SimulatedHarness(store).order(1))
    assert (await venue.cut_or_wait(tx_hash, "intent-none")).fills
    assert store.followed == [tx_hash]


async def test_what_another_stored_is_read() -> None:
    """Given bytes that are not those that were stored here, then they are what counts."""
    store = CountingStore()
    harness = SimulatedHarness(store)
    tx_hash = await submit(harness.venue, harness.order(1))
    other = SimulatedTransaction(outcome="withdrawn", settled_at=harness.now())
    store._values[tx_hash] = other.model_dump_json().encode()
    assert (await harness.venue.wait_receipt(tx_hash)).proof == "cancelled"


async def test_a_lost_answer_is_an_unknown_outcome_once() -> None:
    harness = harness_of(DemoStrategy.TIMEOUT_VENUE)
    transaction = await harness.venue.build_swap_tx(harness.order(1))
    with pytest.raises(OutcomeUnknown):
        await harness.venue.submit_tx(transaction)
    assert await harness.another.submit_tx(transaction) == transaction_hash(transaction.order)


async def test_a_venue_that_is_away_holds_nothing() -> None:
    store = MemoryTransactionStore()
    harness = SimulatedHarness(store, strategy_id=DemoStrategy.FAILING_VENUE.value)
    order = harness.order(1)
    for _ in range(3):
        with pytest.raises(VenueUnavailable):
            await harness.venue.submit_tx(await harness.venue.build_swap_tx(order))
    assert await store.get(transaction_hash(order)) is None
    await harness.wait(300_000)
    with pytest.raises(DeadlinePassed):
        await harness.venue.submit_tx(await harness.venue.build_swap_tx(order))


async def test_a_venue_that_went_away_still_knows_what_it_took() -> None:
    """The failure probability was raised between two attempts: the first one counts."""
    store = MemoryTransactionStore()
    harness = SimulatedHarness(store)
    order = harness.order(1)
    tx_hash = await submit(harness.venue, order)
    away = replace(SIMULATION, failure_probability=Decimal(1))
    assert await submit(SimulatedHarness(store, away).venue, order) == tx_hash


async def test_a_slower_attempt_cannot_execute_what_was_given_up() -> None:
    """One process sees the deadline pass while another one is still on its way to the store."""
    store = MemoryTransactionStore()
    late, slow = SimulatedHarness(store), SimulatedHarness(store)
    order = late.order(1)
    await late.wait(300_000)
    with pytest.raises(DeadlinePassed):
        await submit(late.venue, order)
    with pytest.raises(DeadlinePassed):
        await submit(slow.venue, order)
    receipt = await late.venue.wait_receipt(transaction_hash(order))
    assert (receipt.fills, receipt.revert_reason) == ((), ExecutionFailureReason.REVERTED)


async def test_an_unknown_pool_is_waited_for_unless_the_order_is_executed() -> None:
    store = MemoryTransactionStore()
    harness = SimulatedHarness(store)
    order = harness.order(1)
    empty = SimulatedVenue(PoolView(cache_of([]), REGISTRY), store, SIMULATION, harness.now)
    with pytest.raises(VenueUnavailable):
        await submit(empty, order)
    with pytest.raises(VenueUnavailable):
        await empty.price_quote(order.step.quote, order.step.base, 1)
    assert await submit(harness.venue, order) == await submit(empty, order)


async def test_a_pool_that_ran_dry_reverts() -> None:
    harness = SimulatedHarness(MemoryTransactionStore())
    order = harness.order(1)
    huge = replace(order, step=order.step.model_copy(update={"amount_in": 10**30}))
    receipt = await settled(harness, await submit(harness.venue, huge))
    assert (receipt.fills, receipt.revert_reason) == ((), ExecutionFailureReason.REVERTED)


async def test_nothing_trades_the_pair() -> None:
    harness = SimulatedHarness(MemoryTransactionStore())
    with pytest.raises(VenueRefused):
        await harness.venue.price_quote(WETH, LINK, 1)


async def test_a_record_nobody_can_read_leaves_the_outcome_unknown() -> None:
    store = MemoryTransactionStore()
    harness = SimulatedHarness(store)
    order = harness.order(1)
    await store.create(transaction_hash(order), b"{}")
    with pytest.raises(OutcomeUnknown):
        await harness.venue.submit_tx(await harness.venue.build_swap_tx(order))
    with pytest.raises(OutcomeUnknown):
        await harness.venue.wait_receipt(transaction_hash(order))


async def test_what_is_halted_waits_and_what_was_submitted_goes_on() -> None:
    store = MemoryTransactionStore()
    harness = SimulatedHarness(store)
    before, later = harness.order(1), harness.order(2)
    tx_hash = await submit(harness.venue, before)
    store.halted = {Scope.parse("venue:simulated")}
    with pytest.raises(NotYet):
        await harness.venue.submit_tx(await harness.venue.build_swap_tx(later))
    assert await submit(harness.another, before) == tx_hash
    assert (await settled(harness, tx_hash)).fills
    late = replace(harness.order(3), deadline=harness.now())
    with pytest.raises(DeadlinePassed):
        await submit(harness.venue, late)
    store.halted.clear()
    assert (await settled(harness, await submit(harness.another, later))).fills


async def test_the_same_seed_gives_the_same_receipt_in_another_world() -> None:
    receipts = []
    for _ in range(2):
        harness = harness_of(DemoStrategy.PARTIAL_FILLS)
        receipts.append(await settled(harness, await submit(harness.venue, harness.order(5))))
    assert receipts[0] == receipts[1]


@given(st.integers(1, 10**30), st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_parts_add_up_to_the_whole(amount: int, sizes: list[int]) -> None:
    parts = split(amount, sizes)
    assert len(parts) == len(sizes)
    assert sum(parts) == amount
    assert amount < sum(sizes) or min(parts) > 0


@given(tx_hashes, st.integers(0, 10_000))
def test_draws_stay_within_their_bounds(tx_hash: str, base_ms: int) -> None:
    simulation = replace(SIMULATION, latency_ms=base_ms)
    assert abs(price_move_ppm(simulation, tx_hash)) <= MAX_PRICE_MOVE_PPM
    latency = latency_ms(simulation, Behaviour.NORMAL, tx_hash)
    assert base_ms // 2 <= latency <= base_ms // 2 + base_ms


@given(tx_hashes)
def test_probabilities_of_zero_and_one_are_never_and_always(tx_hash: str) -> None:
    assert behaviour_of(SIMULATION, "demo", tx_hash) is Behaviour.NORMAL
    always = replace(SIMULATION, failure_probability=Decimal(1))
    assert behaviour_of(always, "demo", tx_hash) is Behaviour.UNAVAILABLE
    assert behaviour_of(always, DemoStrategy.SLOW_VENUE.value, tx_hash) is Behaviour.SLOW


def test_a_probability_is_about_how_often_it_happens() -> None:
    simulation = replace(SIMULATION, partial_fill_probability=Decimal("0.2"))
    hashes = [f"0x{number:064x}" for number in range(2_000)]
    partial = [behaviour_of(simulation, "demo", one) for one in hashes]
    assert 300 < partial.count(Behaviour.PARTIAL_FILLS) < 500


def test_a_record_survives_being_written() -> None:
    record = SimulatedTransaction(outcome="abandoned", settled_at=NOW)
    assert SimulatedTransaction.model_validate_json(record.model_dump_json()) == record
    assert record.next_change_after(NOW - timedelta(seconds=1)) == NOW
    assert market_view().pools(WETH, LINK) == []


async def test_whoever_comes_back_when_told_finds_what_was_to_come() -> None:
    """Given a clock that counts finer than a wait is told in, then nobody comes a little early."""
    at = NOW
    store = MemoryTransactionStore()
    venue = SimulatedVenue(market_view(), store, SIMULATION, lambda: at)
    tx_hash = await submit(venue, SimulatedHarness(store).order(1))
    at = NOW + timedelta(microseconds=300)
    with pytest.raises(NotYet) as later:
        await venue.cut_or_wait(tx_hash, "intent-none")
    at += timedelta(milliseconds=later.value.delay_ms)
    assert (await venue.cut_or_wait(tx_hash, "intent-none")).fills


async def test_a_request_that_comes_while_the_venue_waits_is_seen() -> None:
    """Given an answer that is waited for, then a request of that time makes the receipt final."""
    store = MemoryTransactionStore()
    looks = 0

    class Asked(MemoryTransactionStore):
        async def follow(self, key: str, correlation_id: str) -> Followed:
            nonlocal looks
            looks += 1
            if looks == 2:
                store.cancelled["intent-asked"] = Cancellation("id", "key-1", NOW)
            return await store.follow(key, correlation_id)

    venue = SimulatedVenue(market_view(), store, SIMULATION, lambda: NOW)
    tx_hash = await submit(venue, SimulatedHarness(store).order(1))
    watched = SimulatedVenue(market_view(), Asked(), SIMULATION, lambda: NOW)
    receipt = await watched.cut_or_wait(tx_hash, "intent-asked")
    assert (looks, receipt.final, receipt.fills) == (2, True, ())
    assert receipt.cancellation == store.cancelled["intent-asked"]
