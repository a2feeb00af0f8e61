"""Stores of evaluations in a fresh database, as different processes have them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from actors.evaluator.ports import EVALUATOR_ROLE
from tests.support.waiting import PATIENCE_SECONDS
from tradewind import postgres
from tradewind.postgres import Pool, open_pool
from tradewind.trading.evaluations.store import EvaluationStore

type StoreOf = Callable[[str], EvaluationStore]


@pytest.fixture
async def pool(database_dsn: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pool]:
    """Return connections with the rights of the evaluator, which may open slowly."""
    monkeypatch.setattr(postgres, "CONNECT_TIMEOUT_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(postgres, "ACQUIRE_TIMEOUT_SECONDS", PATIENCE_SECONDS)
    pool = await open_pool(database_dsn, max_size=8, role=EVALUATOR_ROLE, writes=True)
    yield pool
    pool.terminate()


@pytest.fixture
def store_of(pool: Pool) -> StoreOf:
    """Return who gets which store."""
    return lambda claimant: EvaluationStore(pool, claimant, timeout_seconds=PATIENCE_SECONDS)


@pytest.fixture
async def owner(database_dsn: str) -> AsyncIterator[Pool]:
    """Return connections with every right."""
    async with AsyncExitStack() as stack:
        opened = await open_pool(database_dsn, max_size=2)
        stack.callback(opened.terminate)
        yield opened
