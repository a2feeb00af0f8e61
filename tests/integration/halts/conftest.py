"""A fresh database, as those have it who change states and who sign."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.postgres import Connection, Pool, open_pool
from tradewind.trading.halts.changes import Changed, change_state
from tradewind.trading.halts.gate import Gate, Passage
from tradewind.trading.halts.records import StateChange
from tradewind.trading.halts.scopes import StateInForce
from tradewind.trading.halts.store import worst_state
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE

GATEWAY_ROLE = "tradewind_gateway"


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return connections with the gateway's privileges."""
    pool = await open_pool(database_dsn, max_size=10, role=GATEWAY_ROLE)
    yield pool
    await pool.close()


@pytest.fixture
async def signing(database_dsn: str) -> AsyncIterator[Pool]:
    """Return connections with the orchestrator's privileges."""
    pool = await open_pool(database_dsn, max_size=10, role=ORCHESTRATOR_ROLE)
    yield pool
    await pool.close()


@pytest.fixture
async def owner(database_dsn: str) -> AsyncIterator[Pool]:
    """Return connections that may do anything."""
    pool = await open_pool(database_dsn)
    yield pool
    await pool.close()


async def enter(gate: Gate, connection: Connection, passage: Passage) -> None:
    """Hold the gate for one step; raise what stops it."""
    (stopped,) = await gate.enter(connection, [passage])
    if stopped is not None:
        raise stopped


def change(
    scope: str,
    state: TradingState = TradingState.HALTED,
    reason: str = "maintenance",
    until: datetime | None = None,
    *,
    needs_person: bool = False,
) -> StateChange:
    """Return a change that an operator wants."""
    return StateChange(Scope.parse(scope), state, reason, "ada", until, needs_person)


async def put(
    pool: Pool,
    wanted: StateChange,
    *,
    expected_version: int | None = None,
    only_tightens: bool = False,
) -> Changed:
    """Make a change in a transaction of its own."""
    async with pool.acquire() as connection, connection.transaction():
        return await change_state(
            connection,
            wanted,
            "gateway",
            expected_version=expected_version,
            only_tightens=only_tightens,
        )


async def worst(pool: Pool, *scopes: str) -> StateInForce:
    """Return the worst state in force of some scopes."""
    async with pool.acquire() as connection:
        return await worst_state(connection, [Scope.parse(one) for one in scopes])
