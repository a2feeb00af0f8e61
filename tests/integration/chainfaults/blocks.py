"""Mines in intervals on a chain that does not mine by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from tradewind.operations.embedded.devchain.node import DevelopmentNode

WATCH_SECONDS: Final = 0.05
NEVER: Final = 3_600


@dataclass
class Blocks:
    """Blocks that come in intervals. Setting `interval_seconds` to 0 stops mining for a while."""

    node: DevelopmentNode
    interval_seconds: float | None
    """None or 0: blocks come by themselves or not at all."""

    async def run(self) -> None:
        """Mine until cancelled."""
        while True:
            await asyncio.sleep(self.interval_seconds or WATCH_SECONDS)
            if self.interval_seconds:
                await self.node.client.command("anvil_mine", "0x1")


@asynccontextmanager
async def running_blocks(
    node: DevelopmentNode, interval_seconds: float | None, *, at_once: bool
) -> AsyncIterator[Blocks]:
    """Mine every so many seconds, transactions also `at_once`, until the block ends.

    Without an interval they are mined at once in any case.
    """
    if not at_once and interval_seconds is not None:
        await node.mine_every(NEVER)
    blocks = Blocks(node, interval_seconds)
    task = asyncio.create_task(blocks.run())
    try:
        yield blocks
    finally:
        task.cancel()
        await asyncio.wait([task])
