"""Database restored and broker's store lost: nothing is traded before it is proven harmless."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

from nats.aio.msg import Msg

from tests.integration.book.harness import (
    NOTIONAL_USD,
    World,
    apply_limits,
    counters_are_sums,
    screened_now,
    watched_world,
)
from tests.integration.book.processes import replicas, roles
from tests.integration.book.test_faults import decided, screen
from tests.integration.ledger.backup import backup_of
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tradewind.contracts.envelope import AnyEvent, Event, parse_event
from tradewind.contracts.ordering import PARTITIONS
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import declare_streams

ROOM = 4
TRADING = (Role.MARKET, Role.PLANNER, Role.ORCHESTRATOR)


@asynccontextmanager
async def platform(harness: LedgerHarness) -> AsyncIterator[None]:
    """Run all of it but the treasury; it is killed in the end."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(harness.processes())
        await stack.enter_async_context(replicas(harness, "", ""))
        await stack.enter_async_context(roles(harness, *TRADING))
        yield


@asynccontextmanager
async def submissions(harness: LedgerHarness) -> AsyncIterator[set[str]]:
    """Yield the intents of which an order was submitted, as the world hears of them."""
    heard: set[str] = set()

    async def hear(message: Msg) -> None:
        heard.add(parse_event(message.data).payload.intent_id)

    subscription = await harness.connection.client.subscribe("exec.step_submitted.>", cb=hear)
    yield heard
    await subscription.unsubscribe()


def reasons(world: World, intents: Sequence[Event[RiskScreened]]) -> set[str]:
    """Return what was said of these intents: why they were rejected."""
    bodies = [body for name in _names(intents) for body in world.decisions[name]]
    said: list[AnyEvent] = list(map(parse_event, bodies))
    return {getattr(one.payload, "reason", one.topic) for one in said}


async def state_of_history(harness: LedgerHarness) -> str | None:
    state: str | None = await harness.pool.fetchval(
        "SELECT state FROM trading_states WHERE kind = 'history'"
    )
    return state


async def test_after_both_stores_are_lost_nothing_is_traded_before_it_is_proven(
    harness: LedgerHarness, database_dsn: str, servers: Servers
) -> None:
    """Given approvals that neither store has, then all waits for the proof, and goes on by it."""
    await apply_limits(harness.pool, daily_budget_usd=Decimal(NOTIONAL_USD * ROOM))
    events = [screened_now(number) for number in range(1, 13)]
    async with harness.coordinator():
        await screen(harness, events[:1])
        await harness.drained()
    async with backup_of(database_dsn, servers) as backup, submissions(harness) as submitted:
        async with platform(harness), watched_world(harness) as world:
            await screen(harness, events[1:7])
            await decided(world, events[:7])
            assert len(world.approved) == ROOM
            await wait_despite_outages(lambda: submitted == world.approved)
        await harness.connection.jetstream.delete_stream(EVENTS_STREAM)
        await backup.restore()
    await declare_streams(harness.connection, partitions=PARTITIONS)
    async with (
        submissions(harness) as submitted,
        platform(harness),
        watched_world(harness) as world,
    ):
        unproven, later = events[7:10], events[10:]
        await screen(harness, unproven)
        await decided(world, unproven)
        assert await state_of_history(harness) == "halted"
        assert reasons(world, unproven) == {RiskRejectionReason.TRADING_HALTED}
        assert submitted == set()
        async with roles(harness, Role.TREASURY):
            await wait_despite_outages(lambda: _is_active(harness))
            await screen(harness, later)
            await decided(world, later)
            await wait_despite_outages(lambda: submitted >= _names(later))
    assert await counters_are_sums(harness.pool)
    assert len(world.approved) <= ROOM


def _names(events: Sequence[Event[RiskScreened]]) -> set[str]:
    return {event.payload.intent_id for event in events}


async def _is_active(harness: LedgerHarness) -> bool:
    return await state_of_history(harness) == "active"
