"""Two faults at the same time."""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.faults.fault import Fault
from tests.chaos.harness import PlatformHarness

KIND: Final = "two at once"


@dataclass(frozen=True)
class Together:
    """A pair of faults, neither of which waits for an action of the platform."""

    one: Fault
    other: Fault

    @property
    def name(self) -> str:
        """The name in the report; the part before the colon is the kind."""
        return f"{KIND}: {self.one.name}, {self.other.name}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Inject both."""
        chances = Random(chance.random()), Random(chance.random())
        found = await asyncio.gather(
            self.one.inject(harness, chances[0]), self.other.inject(harness, chances[1])
        )
        return [problem for problems in found for problem in problems]


def can_be_together(one: Fault, other: Fault) -> bool:
    """Return whether the faults concern different servers, so that neither undoes the other."""
    server = getattr(one, "server", None)
    return one != other and (server is None or server != getattr(other, "server", None))
