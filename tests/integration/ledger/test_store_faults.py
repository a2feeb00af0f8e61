"""Coordinator and sweeper while PostgreSQL is read-only, locked or refuses: they wait."""

import asyncio

import pytest

from actors import coordinator, sweeper
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.histories import History
from tests.support.store_faults import (
    LONG_STORE_FAULTS,
    READ_ONLY_SERVER,
    READ_ONLY_SESSIONS,
    StoreFault,
    refusing,
    renamed,
)
from tests.support.waiting import wait_until

WHILE_AWAY_SECONDS = 2.5
FAULTS = (
    *LONG_STORE_FAULTS,
    StoreFault("a table is missing", "NOT_MIGRATED", renamed("event_index")),
    StoreFault("a right is missing", "REFUSED", refusing("42501", "event_index")),
    StoreFault("disk full", "FULL", refusing("53100", "event_index")),
    StoreFault("idle in transaction", "UNREACHABLE", refusing("25P03", "event_index")),
)


async def is_recorded(harness: LedgerHarness, history: History) -> bool:
    return len(await harness.reader.history(history.correlation_id)) == len(history.completed())


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_roles_outlive_a_database_that_does_not_serve(
    fault: StoreFault, harness: LedgerHarness
) -> None:
    """Given roles at work, when the database refuses for a while: none ends, all is recorded."""
    dsn = harness.settings.postgres_dsn.get_secret_value()
    stopped = asyncio.Event()
    roles = [
        asyncio.ensure_future(role.run(harness.settings, harness.connection, stopped))
        for role in (coordinator, sweeper)
    ]
    before, during, after = (History(number) for number in (1, 2, 3))
    await harness.publish(*before.completed())
    await wait_despite_outages(lambda: is_recorded(harness, before))
    token = await harness.fencing_token()
    async with fault.on(dsn):
        await harness.publish(*during.completed(), token=token)
        await asyncio.sleep(WHILE_AWAY_SECONDS)
        assert not any(role.done() for role in roles), [role.exception() for role in roles]
    await harness.publish(*after.completed())
    for history in (during, after):
        await wait_despite_outages(lambda one=history: is_recorded(harness, one))
    assert not any(role.done() for role in roles)
    stopped.set()
    await wait_until(lambda: all(role.done() for role in roles))
    assert [role.exception() for role in roles] == [None, None]


@pytest.mark.parametrize("fault", [READ_ONLY_SESSIONS, READ_ONLY_SERVER], ids=str)
async def test_a_coordinator_starts_on_a_read_only_database(
    fault: StoreFault, harness: LedgerHarness
) -> None:
    """Given nothing but a stand-by: the coordinator waits for the lease, and takes it."""
    stopped = asyncio.Event()
    history = History(1)
    await harness.publish(*history.completed())
    async with fault.on(harness.settings.postgres_dsn.get_secret_value()):
        role = asyncio.ensure_future(coordinator.run(harness.settings, harness.connection, stopped))
        await asyncio.sleep(WHILE_AWAY_SECONDS)
        assert not role.done()
    await wait_despite_outages(lambda: is_recorded(harness, history))
    stopped.set()
    await role
