"""The venue contract as tests: any venue passes them, given a harness of its own.

Subclass `VenueContract` in a test module and provide the `harness` fixture.
"""

import asyncio
from typing import Protocol

import pytest

from actors.venues.contract import (
    DeadlinePassed,
    OutcomeUnknown,
    Receipt,
    SwapOrder,
    Venue,
    VenueRefused,
)
from tests.support.waiting import wait_until
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.errors import NotYet

MAX_QUESTIONS = 20
RETRY_SECONDS = 0.2
UNKNOWN_HASH = "0x" + "ab" * 32


class VenueHarness(Protocol):
    """What the tests of a venue provide."""

    @property
    def venue(self) -> Venue:
        """A venue that answers and fills."""
        ...

    @property
    def another(self) -> Venue:
        """The same venue as another process sees it."""
        ...

    def order(self, number: int, *, min_out: int | None = None) -> SwapOrder:
        """Return the `number`th order, with five minutes to its deadline."""
        ...

    async def wait(self, milliseconds: int) -> None:
        """Let time pass on the venue."""
        ...


class VenueContract:
    """The tests of what the orchestrator relies on."""

    async def test_a_quote_is_for_the_amount_asked(self, harness: VenueHarness) -> None:
        step = harness.order(1).step
        quote = await harness.venue.price_quote(step.quote, step.base, step.amount_in)
        more = await harness.venue.price_quote(step.quote, step.base, 2 * step.amount_in)
        assert quote.amount_in == step.amount_in
        assert 0 < quote.amount_out < more.amount_out

    async def test_building_has_no_effect(self, harness: VenueHarness) -> None:
        order = harness.order(1)
        build = harness.venue.build_swap_tx
        assert (await build(order)).order == order

        async def are_the_same() -> bool:
            return await build(order) == await build(order)

        # The deadline in it counts from the present second, which may be another one.
        await wait_until(are_the_same, "both were built within a second")

    async def test_a_swap_settles_within_its_bounds(self, harness: VenueHarness) -> None:
        order = harness.order(1)
        tx_hash = await submit(harness.venue, order)
        receipt = await settled(harness, tx_hash)
        assert receipt.tx_hash == tx_hash
        assert len(tx_hash) == 66
        assert receipt.revert_reason is None
        assert sum(fill.amount_in for fill in receipt.fills) == order.step.amount_in
        assert sum(fill.amount_out for fill in receipt.fills) >= order.step.min_out
        assert all(fill.amount_in > 0 and fill.amount_out > 0 for fill in receipt.fills)

    async def test_the_same_order_is_one_swap_however_often_it_is_submitted(
        self, harness: VenueHarness
    ) -> None:
        order = harness.order(1)
        venues = [harness.venue, harness.another] * 5
        hashes = await asyncio.gather(*(submit(venue, order) for venue in venues))
        receipt = await settled(harness, hashes[0])
        assert len(set(hashes)) == 1
        assert await submit(harness.another, order) == hashes[0]
        assert await harness.another.wait_receipt(hashes[0]) == receipt

    async def test_different_orders_are_different_swaps(self, harness: VenueHarness) -> None:
        hashes = [await submit(harness.venue, harness.order(number)) for number in range(3)]
        assert len(set(hashes)) == 3

    async def test_a_receipt_that_is_settled_stays_as_it_is(self, harness: VenueHarness) -> None:
        tx_hash = await submit(harness.venue, harness.order(1))
        receipt = await settled(harness, tx_hash)
        await harness.wait(60_000)
        assert await harness.venue.wait_receipt(tx_hash, len(receipt.fills)) == receipt

    async def test_a_hash_nobody_submitted_is_unknown(self, harness: VenueHarness) -> None:
        with pytest.raises(OutcomeUnknown):
            await harness.venue.wait_receipt(UNKNOWN_HASH)

    async def test_a_late_order_is_never_executed(self, harness: VenueHarness) -> None:
        order = harness.order(1)
        await harness.wait(300_001)
        for venue in (harness.venue, harness.another):
            with pytest.raises(DeadlinePassed):
                await submit(venue, order)

    async def test_an_order_submitted_in_time_is_not_late_afterwards(
        self, harness: VenueHarness
    ) -> None:
        order = harness.order(1)
        tx_hash = await submit(harness.venue, order)
        await harness.wait(300_001)
        assert await submit(harness.another, order) == tx_hash
        assert (await settled(harness, tx_hash)).fills

    async def test_too_little_is_never_taken(self, harness: VenueHarness) -> None:
        order = harness.order(1, min_out=10**30)
        try:
            receipt = await settled(harness, await submit(harness.venue, order))
        except VenueRefused:
            return
        assert receipt.fills == ()
        assert receipt.final
        assert receipt.revert_reason == ExecutionFailureReason.TOO_LITTLE_RECEIVED


async def submit(venue: Venue, order: SwapOrder) -> str:
    """Build and submit an order, again where the answer was lost or another process is at it."""
    transaction = await venue.build_swap_tx(order)
    for _ in range(MAX_QUESTIONS):
        try:
            return await venue.submit_tx(transaction)
        except OutcomeUnknown:
            continue
        except NotYet:
            await asyncio.sleep(RETRY_SECONDS)
    raise AssertionError(f"nobody could submit it in {MAX_QUESTIONS} attempts")


async def settled(harness: VenueHarness, tx_hash: str) -> Receipt:
    """Return the final receipt, asking for each fill in turn as the orchestrator does."""
    known = 0
    for _ in range(MAX_QUESTIONS):
        try:
            receipt = await harness.venue.wait_receipt(tx_hash, known)
        except NotYet as later:
            await harness.wait(later.delay_ms)
            continue
        assert isinstance(receipt, Receipt)
        if receipt.final:
            return receipt
        assert len(receipt.fills) > known
        known = len(receipt.fills)
    raise AssertionError(f"{tx_hash} is not settled after {MAX_QUESTIONS} questions")
