"""The database is put back to before a halt: what starts then signs nothing that was halted."""

from functools import partial

from nats.js.errors import NotFoundError

from tests.integration.book.harness import screened_now
from tests.integration.book.processes import replicas, roles
from tests.integration.book.test_faults import screen
from tests.integration.book.test_lost_history import submissions
from tests.integration.ledger.backup import backup_of
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tradewind.contracts.roles import ORCHESTRATOR_WORKERS, Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.system.trading_states import EVERYTHING, TradingState
from tradewind.operations.embedded.servers import Servers
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.halts.records import StateChange

INTENTS = 6


async def change(harness: LedgerHarness, state: TradingState) -> None:
    """Put a state into force as the gateway does, which also publishes it."""
    wanted = StateChange(EVERYTHING, state, "drill", "ada")
    changed = await StateJournal(harness.pool).change(wanted, Role.GATEWAY)
    assert changed.event is not None
    await harness.publish(changed.event)


async def recorded(harness: LedgerHarness, topic: str) -> int:
    """Return how many events of a topic the ledger has."""
    count: int = await harness.pool.fetchval("SELECT count(*) FROM events WHERE topic = $1", topic)
    return count


async def all_planned(harness: LedgerHarness) -> bool:
    return await recorded(harness, "plan.created") == INTENTS


async def halt_is_back(harness: LedgerHarness) -> bool:
    states = await StateJournal(harness.pool).states()
    return bool(states) and states[0].state is TradingState.HALTED


async def deliveries(harness: LedgerHarness) -> int:
    """Return how often the orchestrator was given a plan; they come again every second."""
    try:
        info = await harness.connection.jetstream.consumer_info(
            EVENTS_STREAM, ORCHESTRATOR_WORKERS.durable
        )
    except NotFoundError:
        return 0
    return info.delivered.consumer_seq if info.delivered else 0


async def all_are_tried(harness: LedgerHarness) -> None:
    """Wait until the orchestrator was given each plan, once more at least."""
    before = await deliveries(harness)

    async def are_tried() -> bool:
        return await deliveries(harness) >= before + 2 * INTENTS

    await wait_despite_outages(are_tried)


async def test_a_fresh_orchestrator_on_a_restored_database_signs_nothing_that_was_halted(
    harness: LedgerHarness, database_dsn: str, servers: Servers
) -> None:
    """Given plans that wait to be submitted, and a halt that the restored database does not have,
    then none of them is submitted by processes that know nothing, until somebody resumes."""
    events = [screened_now(number) for number in range(1, INTENTS + 1)]
    names = {one.payload.intent_id for one in events}
    async with harness.coordinator():
        await screen(harness, events[:1])
        await harness.drained()
    async with backup_of(database_dsn, servers) as backup, submissions(harness) as submitted:
        planning = roles(harness, Role.MARKET, Role.PLANNER)
        async with harness.processes(), replicas(harness, ""), planning:
            await screen(harness, events[1:])
            await wait_despite_outages(partial(all_planned, harness))
            await change(harness, TradingState.HALTED)
            await harness.drained()
        await backup.restore()
        async with roles(harness, Role.ORCHESTRATOR, Role.MARKET, Role.PLANNER):
            # It is given the plans before anybody can have told it of the halt.
            await all_are_tried(harness)
            async with harness.processes(), replicas(harness, ""):
                await wait_despite_outages(partial(halt_is_back, harness))
                await wait_despite_outages(partial(all_planned, harness))
                await all_are_tried(harness)
                assert submitted == set()
                await change(harness, TradingState.ACTIVE)
                await wait_despite_outages(lambda: submitted >= names)
