"""Waits until the ledger has the plan of an order: nothing is executed that is not recorded."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tradewind.trading.wallet.errors import PlanNotRecorded

PAUSES_MS: Final = (4, 8, 16, 32, 64, 128)


async def once_recorded[T](
    execute: Callable[[], Awaitable[T]], waited: Callable[[float], None] = lambda _: None
) -> T:
    """Execute a step, and again after each pause while the ledger is still recording its plan.

    The plan reaches us when it reaches the coordinator, so it is recorded within milliseconds. To
    have it redelivered instead would cost its preparation. `waited` is told for how many seconds.
    """
    clock_seconds = asyncio.get_running_loop().time
    asked_at, pauses_ms = clock_seconds(), iter(PAUSES_MS)
    while True:
        try:
            done = await execute()
        except PlanNotRecorded:
            if (pause_ms := next(pauses_ms, None)) is None:
                raise
            await asyncio.sleep(pause_ms / 1_000)
        else:
            waited(clock_seconds() - asked_at)
            return done
