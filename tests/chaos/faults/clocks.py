"""Faults of the wall clock: it jumps by an hour, and back again."""

import asyncio
import struct
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.harness import PROCESSES, PlatformHarness

SHIFTS_SECONDS: Final = (-3_600.0, -30.0, 30.0, 3_600.0)
BEFORE_SECONDS: Final = 0.5
JUMPED_SECONDS: Final = 1.5
FILE: Final = "clock-shift"


@dataclass(frozen=True)
class ClockJump:
    """The clock of one process jumps while it runs, and jumps back."""

    process: str

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"clock of {self.process} jumps"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Run the process with a clock of its own, turn it and back, and restart it as usual."""
        process = harness.processes[self.process]
        path = harness.directory / FILE
        path.write_bytes(struct.pack("d", 0.0))
        module = "gateway" if PROCESSES[self.process] == "gateway" else "actors"
        arguments = ("tests.chaos.jumping_clock", str(path), *process.service.arguments)
        assert process.service.arguments[0] == module
        await harness.run_with(self.process, arguments=arguments)
        await harness.ready(self.process)
        await asyncio.sleep(BEFORE_SECONDS)
        path.write_bytes(struct.pack("d", chance.choice(SHIFTS_SECONDS)))
        await asyncio.sleep(JUMPED_SECONDS)
        path.write_bytes(struct.pack("d", 0.0))
        process.kill()
        return []
