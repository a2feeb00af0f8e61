"""Shares the process between replays, and between them and everything else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from gateway.stream.limits import MAX_REPLAYS

MAX_PAUSE_SECONDS: Final = 0.1
FREE_BATCHES: Final = 4
"""How much a connection may replay before it is paced."""


class ReplayTurns:
    """Lets a few replays work at once, batch by batch, in the order they ask.

    A replay waits for its client between two turns, so one that does not read holds up nobody.
    """

    def __init__(self, count: int = MAX_REPLAYS) -> None:
        self._free = asyncio.Semaphore(count)

    @asynccontextmanager
    async def turn(self, number: int) -> AsyncIterator[None]:
        """Hold a turn for one batch; from some number on, first give way to everybody else.

        Many clients that come back at once have missed little each, and are through at once.
        """
        async with self._free:
            if number >= FREE_BATCHES:
                await _give_way()
            yield


async def _give_way() -> None:
    """Let the others run, then pause for as long as they took: they have half of the loop."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(0)
    await asyncio.sleep(min(loop.time() - began, MAX_PAUSE_SECONDS))
