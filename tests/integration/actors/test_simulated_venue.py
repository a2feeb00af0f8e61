"""The simulated venue's contract on the table it uses in production."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from actors.venues.contract import OutcomeUnknown
from actors.venues.simulated.venue import transaction_hash
from actors.venues.transaction_store import DatabaseTransactionStore
from tests.support.venue_contract import VenueContract
from tests.support.venue_harness import SimulatedHarness
from tradewind.postgres import Pool, open_pool
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_dsn, max_size=8, role=ORCHESTRATOR_ROLE)
    yield pool
    pool.terminate()


@pytest.fixture
def store(pool: Pool) -> DatabaseTransactionStore:
    return DatabaseTransactionStore(pool)


class TestContract(VenueContract):
    @pytest.fixture
    def harness(self, store: DatabaseTransactionStore) -> SimulatedHarness:
        return SimulatedHarness(store)


async def test_one_of_many_writers_wins(store: DatabaseTransactionStore) -> None:
    key = "0x" + "01" * 32
    values = [str(number).encode() for number in range(20)]
    created = await asyncio.gather(*(store.create(key, value) for value in values))
    assert created.count(True) == 1
    assert await store.get(key) == values[created.index(True)]


async def test_a_missing_value_is_none(store: DatabaseTransactionStore) -> None:
    assert await store.get("0x" + "02" * 32) is None


async def test_what_was_executed_is_never_another_thing(pool: Pool) -> None:
    key = "0x" + "03" * 32
    assert await DatabaseTransactionStore(pool).create(key, b"once")
    for change in ("UPDATE paper_transactions SET record = ''", "DELETE FROM paper_transactions"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(change)


async def test_a_store_that_cannot_answer_leaves_the_outcome_unknown(
    pool: Pool, store: DatabaseTransactionStore
) -> None:
    """No answer, no proof: neither that the order was executed nor that it was not."""
    harness = SimulatedHarness(store)
    order = harness.order(1)
    transaction = await harness.venue.build_swap_tx(order)
    await pool.close()
    with pytest.raises(OutcomeUnknown):
        await harness.venue.submit_tx(transaction)
    with pytest.raises(OutcomeUnknown):
        await harness.venue.wait_receipt(transaction_hash(order))
