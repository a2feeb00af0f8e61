"""Whatever dies, comes twice or is lost: limits hold, one decision an intent, nothing leaks."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from random import Random

from tests.integration.book.harness import (
    NOTIONAL_USD,
    Execution,
    World,
    apply_limits,
    counters_are_sums,
    history_of,
    screened_now,
    statuses,
    watched_world,
)
from tests.integration.book.processes import replicas
from tests.integration.ledger.backup import backup_of
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tradewind.contracts.envelope import Event
from tradewind.contracts.ordering import PARTITIONS
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import declare_streams
from tradewind.trading.book import claims, settlement

ROOM = 10
STEPS = (
    f"{claims.BEFORE_COMMIT}=kill:3",
    f"{claims.AFTER_COMMIT}=kill:3",
    f"{settlement.BEFORE_COMMIT}=kill",
    f"{settlement.AFTER_COMMIT}=kill",
    "settlement.before_publish=kill:2",
)
"""Where a process dies: at each step of a claim and of settlement."""


async def screen(harness: LedgerHarness, events: Iterable[Event[RiskScreened]]) -> None:
    """Publish the histories of these intents up to the stage."""
    for event in events:
        await harness.publish(*history_of(event))


async def decided(world: World, events: Sequence[Event[RiskScreened]]) -> None:
    """Wait until all of them are decided, and the acceptance of those approved was heard."""
    names = {event.payload.intent_id for event in events}
    await wait_despite_outages(
        lambda: names <= set(world.decisions) and world.approved <= set(world.accepted)
    )
    assert world.two_decisions == []


async def book_is(harness: LedgerHarness, expected: dict[str, int]) -> None:
    """Wait until the book follows the ledger and has so many claims in these states."""

    async def is_so() -> bool:
        row = await harness.pool.fetchrow(
            "SELECT global_seq = last_global_seq, (SELECT count(*) FROM portfolio_outbox) "
            "FROM book_cursor, writer"
        )
        found = Counter((await statuses(harness.pool)).values())
        return bool(row[0]) and not row[1] and found == expected

    await wait_despite_outages(is_so)
    assert await counters_are_sums(harness.pool)


async def complete(harness: LedgerHarness, world: World) -> None:
    """Carry out everything that was accepted."""
    for accepted in world.accepted.values():
        execution = Execution(accepted)
        await harness.publish(
            *execution.until_submitted(), *execution.fill(), *execution.completion()
        )


async def test_replicas_die_at_every_step_and_of_fifty_exactly_ten_are_approved(
    harness: LedgerHarness,
) -> None:
    """Given copies in any order, Redis flushed and five dead processes, then no limit is broken."""
    await apply_limits(harness.pool, max_open_intents=ROOM)
    events = [screened_now(number) for number in range(1, 51)]
    copies = [*events, *events]
    Random(7).shuffle(copies)
    async with harness.coordinator(), watched_world(harness) as world:
        await screen(harness, events[:5])
        async with replicas(harness, *STEPS) as dying:
            await screen(harness, copies)
            await harness.redis.flushall()
            ended = await asyncio.gather(*(process.wait() for process in dying))
            assert ended == [-signal.SIGKILL] * len(STEPS)
        async with replicas(harness, "", ""):
            await decided(world, events)
            assert len(world.approved) == ROOM
            await book_is(harness, {"claimed": ROOM, "rejected": len(events) - ROOM})
            await complete(harness, world)
            await book_is(harness, {"used": ROOM, "rejected": len(events) - ROOM})
    assert await harness.quarantined() == []


async def test_replicas_die_at_every_step_and_ten_portfolios_hold_no_more_than_all_may(
    harness: LedgerHarness,
) -> None:
    """Given fifty intents of ten portfolios, then a limit for all of them is not exceeded."""
    await apply_limits(harness.pool, max_total_position_usd=Decimal(ROOM * NOTIONAL_USD))
    events = [screened_now(number, portfolio_id=f"fund-{number % 10}") for number in range(1, 51)]
    copies = [*events, *events]
    Random(7).shuffle(copies)
    async with harness.coordinator(), watched_world(harness) as world:
        await screen(harness, events[:5])
        async with replicas(harness, *STEPS[:3]) as dying:
            await screen(harness, copies)
            ended = await asyncio.gather(*(process.wait() for process in dying))
            assert ended == [-signal.SIGKILL] * len(dying)
        async with replicas(harness, "", "", ""):
            await decided(world, events)
            assert len(world.approved) == ROOM
            await book_is(harness, {"claimed": ROOM, "rejected": len(events) - ROOM})
            await complete(harness, world)
            await book_is(harness, {"used": ROOM, "rejected": len(events) - ROOM})
            later = [screened_now(51, portfolio_id="fund-10")]
            await screen(harness, later)
            await decided(world, later)
    assert len(world.approved) == ROOM
    assert await harness.pool.fetchval("SELECT sum(amount) FROM balances WHERE amount > 0") == (
        ROOM * 10**18
    )


async def test_a_frozen_process_that_wakes_up_repeats_what_was_decided(
    harness: LedgerHarness,
) -> None:
    """Given one frozen inside its transaction and one behind its commit, then others go on."""
    await apply_limits(harness.pool, max_open_intents=ROOM)
    events = [screened_now(number) for number in range(1, 21)]
    frozen = (f"{claims.BEFORE_COMMIT}=stop:2", f"{claims.AFTER_COMMIT}=stop:2", "")
    async with (
        harness.coordinator(),
        watched_world(harness) as world,
        replicas(harness, *frozen) as processes,
    ):
        await screen(harness, events)
        await decided(world, events)
        for process in processes[:2]:
            process.send_signal(signal.SIGCONT)
        later = [screened_now(number) for number in range(21, 31)]
        await screen(harness, [*later, *events])
        await decided(world, [*events, *later])
        assert len(world.approved) == ROOM
        await book_is(harness, {"claimed": ROOM, "rejected": 30 - ROOM})


async def test_a_restored_database_breaks_no_limit(
    harness: LedgerHarness, database_dsn: str, servers: Servers
) -> None:
    """Given claims that a restore took, then nothing is decided until they are back."""
    await apply_limits(harness.pool, max_open_intents=ROOM)
    events = [screened_now(number) for number in range(1, 31)]
    async with harness.processes(2), watched_world(harness) as world, replicas(harness, "", ""):
        await screen(harness, events[:6])
        await decided(world, events[:6])
        async with backup_of(database_dsn, servers) as backup:
            await screen(harness, events[6:20])
            await decided(world, events[:20])
            assert len(world.approved) == ROOM
            await backup.restore()
            await screen(harness, events[20:])
            await decided(world, events)
        assert len(world.approved) == ROOM
        await book_is(harness, {"claimed": ROOM, "rejected": len(events) - ROOM})
        await complete(harness, world)
        await book_is(harness, {"used": ROOM, "rejected": len(events) - ROOM})


async def test_what_the_broker_lost_is_decided_as_before(harness: LedgerHarness) -> None:
    """Given a broker without its store, when intents come again, then each has its decision."""
    await apply_limits(harness.pool, max_open_intents=ROOM)
    events = [screened_now(number) for number in range(1, 16)]
    async with harness.coordinator(), watched_world(harness) as world, replicas(harness, ""):
        await screen(harness, events)
        await decided(world, events)
        await harness.drained()
    await harness.connection.jetstream.delete_stream("EVENTS")
    await declare_streams(harness.connection, partitions=PARTITIONS)
    async with harness.coordinator(), watched_world(harness) as again, replicas(harness, ""):
        await screen(harness, reversed(events))
        await decided(again, events)
        assert again.decisions == world.decisions
        await complete(harness, again)
        await book_is(harness, {"used": ROOM, "rejected": len(events) - ROOM})
