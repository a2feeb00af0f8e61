"""The protocol of a fault."""

from random import Random
from typing import Protocol

from tests.chaos.harness import PlatformHarness


class Fault(Protocol):
    """A fault to inject into a platform."""

    @property
    def name(self) -> str:
        """The name of the fault in the report."""

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Inject the fault and return once it is over; from then on the platform has to recover.

        Returns the violations that happened during the fault, one line each.
        """
        ...
