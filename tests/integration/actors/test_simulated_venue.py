"""The simulated venue's contract on the bucket it uses in production."""

import asyncio

import pytest

from actors.venues.contract import OutcomeUnknown
from actors.venues.simulated.venue import transaction_hash
from actors.venues.transaction_store import BucketTransactionStore
from tests.integration.actors.venue_contract import VenueContract
from tests.unit.actors.venue_harness import SimulatedHarness
from tradewind.contracts.names import SIMULATED_VENUE_BUCKET
from tradewind.runtime import NatsConnection


@pytest.fixture
def store(connection: NatsConnection) -> BucketTransactionStore:
    return BucketTransactionStore(connection.jetstream, SIMULATED_VENUE_BUCKET)


class TestContract(VenueContract):
    @pytest.fixture
    def harness(self, store: BucketTransactionStore) -> SimulatedHarness:
        return SimulatedHarness(store)


async def test_one_of_many_writers_wins(store: BucketTransactionStore) -> None:
    key = "0x" + "01" * 32
    values = [str(number).encode() for number in range(20)]
    created = await asyncio.gather(*(store.create(key, value) for value in values))
    assert created.count(True) == 1
    assert await store.get(key) == values[created.index(True)]


async def test_a_missing_value_is_none(store: BucketTransactionStore) -> None:
    assert await store.get("0x" + "02" * 32) is None


async def test_a_store_that_cannot_answer_leaves_the_outcome_unknown(
    connection: NatsConnection, store: BucketTransactionStore
) -> None:
    """No bucket, no proof: neither that the order was executed nor that it was not."""
    harness = SimulatedHarness(store)
    order = harness.order(1)
    await connection.jetstream.delete_stream(f"KV_{SIMULATED_VENUE_BUCKET}")
    with pytest.raises(OutcomeUnknown):
        await harness.venue.submit_tx(await harness.venue.build_swap_tx(order))
    with pytest.raises(OutcomeUnknown):
        await harness.venue.wait_receipt(transaction_hash(order))
