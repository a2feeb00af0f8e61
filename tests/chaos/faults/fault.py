"""What a fault is."""

from random import Random
from typing import Protocol

from tests.chaos.harness import PlatformHarness


class Fault(Protocol):
    """One way to hurt a platform."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Do it, and return once it is over; from then on the platform has to recover.

        Returns what the platform did wrong already while it lasted, one line each.
        """
        ...
