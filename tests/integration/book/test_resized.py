"""Both stages grow and shrink under load and Redis is flushed: order, limits and books hold."""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from actors.__main__ import serve
from tests.integration.book.harness import (
    apply_limits,
    counters_are_sums,
    statuses,
    watched_world,
)
from tests.integration.book.test_faults import book_is, complete
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.factories import submitted
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import PARTITIONS
from tradewind.contracts.roles import Role
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.runtime import clock
from tradewind.runtime.resize import resize
from tradewind.runtime.streams import stored_partitions

ROOM = 3
FUNDS = ("fund-a", "fund-b", "fund-c", "fund-d")
INTENTS = int(os.environ.get("RESIZED_INTENTS", "72"))
"""`make resize` sends more."""
PAUSE_SECONDS = 0.02
MORE = 2 * PARTITIONS


@asynccontextmanager
async def replica(harness: LedgerHarness, *roles: Role) -> AsyncIterator[None]:
    """Run one process's worth of roles in this process."""
    stopped, ready = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(
        serve(roles, harness.settings, stopped, on_ready=lambda _: ready.set())
    )
    try:
        await wait_until(ready.is_set)
        yield
    finally:
        stopped.set()
        await running


@asynccontextmanager
async def replicas(harness: LedgerHarness, count: int) -> AsyncIterator[None]:
    """Run so many replicas of both stages."""
    async with AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(replica(harness, Role.RISK, Role.PORTFOLIO))
        yield


async def send(harness: LedgerHarness, openings: list[AnyEvent]) -> None:
    for opening in openings:
        await harness.publish(opening)
        await asyncio.sleep(PAUSE_SECONDS)


def submissions(first: int, count: int) -> list[AnyEvent]:
    """Return intents for all portfolios in turn."""
    now = clock.now()
    return [
        submitted(number, at=now, strategy_id=FUNDS[number % len(FUNDS)])
        for number in range(first, first + count)
    ]


async def test_the_first_are_approved_whatever_is_resized_and_flushed(
    harness: LedgerHarness,
) -> None:
    await apply_limits(harness.pool, max_open_intents=ROOM)
    third = INTENTS // 3
    parts = [submissions(1 + third * part, third) for part in range(3)]
    openings = [one for part in parts for one in part]
    names = {one.payload.intent_id for one in openings}
    async with (
        harness.coordinator(),
        watched_world(harness) as world,
        replica(harness, Role.MARKET),
    ):
        async with replicas(harness, 1):
            await send(harness, parts[0])
            async with replicas(harness, 2):
                load = asyncio.create_task(send(harness, parts[1]))
                await harness.redis.flushall()
                await resize(harness.connection, MORE)
                async with replicas(harness, 3):
                    await load
        async with replicas(harness, 1):
            await send(harness, parts[2])
            await harness.redis.flushall()
            await wait_despite_outages(lambda: names <= set(world.decisions))
            await wait_despite_outages(lambda: world.approved <= set(world.accepted))
            await complete(harness, world)
            rejected = len(openings) - ROOM * len(FUNDS)
            await book_is(harness, {"used": ROOM * len(FUNDS), "rejected": rejected})
        await harness.drained()
        await wait_despite_outages(lambda: is_identical(harness))
    assert await stored_partitions(harness.connection) == MORE
    assert world.two_decisions == []
    assert world.approved == first_of_each(openings)
    assert await in_order(harness, openings)
    assert await counters_are_sums(harness.pool)
    assert Counter((await statuses(harness.pool)).values())["claimed"] == 0
    assert await harness.quarantined() == []


def first_of_each(openings: list[AnyEvent]) -> set[str]:
    """Return the intents that came first in their portfolios, as many as there is room for."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in openings:
        found[one.key.portfolio].append(one.payload.intent_id)
    return {intent_id for intents in found.values() for intent_id in intents[:ROOM]}


async def in_order(harness: LedgerHarness, openings: list[AnyEvent]) -> bool:
    """Return whether each portfolio decided its intents in the order in which they came."""
    rows = await harness.pool.fetch(
        "SELECT portfolio_id, intent_id FROM allocations ORDER BY book_version, decided_at"
    )
    for fund in FUNDS:
        came = [one.payload.intent_id for one in openings if one.key.portfolio == fund]
        if [row["intent_id"] for row in rows if row["portfolio_id"] == fund] != came:
            return False
    return True


async def is_identical(harness: LedgerHarness) -> bool:
    """Return whether Redis has every document as the ledger says, byte for byte."""
    found = await Rebuild(harness.reader, harness.redis).verify()
    shown = [await harness.redis.keys(f"{kind}:*") for kind in ("intent", "portfolio", "positions")]
    return found.is_identical and all(shown)
