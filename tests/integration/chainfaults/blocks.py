"""Mines in intervals, or watches a chain that mines by itself; knows when which block came."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from tests.integration.chainfaults.evidence import JournalRows
from tradewind.operations.embedded.devchain.node import DevelopmentNode

WATCH_SECONDS: Final = 0.05
NEVER: Final = 3_600


@dataclass
class Blocks:
    """The newest block over time. Setting `interval_seconds` to 0 stops mining for a while."""

    node: DevelopmentNode
    interval_seconds: float | None
    """None or 0: blocks come by themselves or not at all."""
    seen_at: list[datetime] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def at(self, moment: datetime) -> int:
        """Return the newest block at a moment."""
        return self.numbers[max(0, bisect_right(self.seen_at, moment) - 1)]

    async def see(self) -> None:
        """Note the newest block."""
        number = await self.node.block_number()
        if not self.numbers or number != self.numbers[-1]:
            self.seen_at.append(datetime.now(UTC))
            self.numbers.append(number)

    async def run(self) -> None:
        """Mine or watch until cancelled."""
        while True:
            await asyncio.sleep(self.interval_seconds or WATCH_SECONDS)
            if self.interval_seconds:
                await self.node.client.command("anvil_mine", "0x1")
            await self.see()


def stalls(journal: JournalRows, blocks: Blocks) -> dict[int, int]:
    """Return by nonce how many blocks it took to be mined once it was signed and its turn.

    1 is the next block.
    """
    mined = {
        nonce: slot["mined_block_number"]
        for nonce, slot in journal.slots.items()
        if slot["mined_block_number"] is not None
    }
    return {
        nonce: number
        - max(blocks.at(journal.generations[nonce][0]["signed_at"]), mined.get(nonce - 1, 0))
        for nonce, number in mined.items()
    }


@asynccontextmanager
async def running_blocks(
    node: DevelopmentNode, interval_seconds: float | None, *, at_once: bool
) -> AsyncIterator[Blocks]:
    """Mine every so many seconds, transactions also `at_once`, until the block ends."""
    if not at_once:
        await node.mine_every(NEVER)
    blocks = Blocks(node, interval_seconds)
    await blocks.see()
    task = asyncio.create_task(blocks.run())
    try:
        yield blocks
    finally:
        task.cancel()
        await asyncio.wait([task])
