"""Intents are decided once, under the lock of their portfolio, within its limits."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

from tests.integration.book.harness import (
    apply_limits,
    counters_are_sums,
    opened_desk,
    screened_now,
    statuses,
)
from tests.integration.ledger.harness import LedgerHarness


async def test_of_fifty_at_once_exactly_ten_fit(harness: LedgerHarness) -> None:
    """Given room for ten and three replicas, then ten are approved, whoever decides which."""
    await apply_limits(harness.pool, max_open_intents=10)
    events = [screened_now(number) for number in range(1, 51)]
    async with AsyncExitStack() as stack:
        desks = [await stack.enter_async_context(opened_desk(harness)) for _ in range(3)]
        for desk in desks:
            await desk.proven()
        answers = await asyncio.gather(
            *(desks[number % 3].judge(event) for number, event in enumerate(events))
        )
        again = await asyncio.gather(
            *(desks[(number + 1) % 3].judge(event) for number, event in enumerate(events))
        )
    topics = Counter(answer[0].topic for answer in answers)
    assert topics == {"risk.approved": 10, "risk.rejected": 40}
    assert [[one.data for one in answer] for answer in answers] == [
        [one.data for one in answer] for answer in again
    ]
    assert Counter((await statuses(harness.pool)).values()) == {"claimed": 10, "rejected": 40}
    assert await counters_are_sums(harness.pool)
