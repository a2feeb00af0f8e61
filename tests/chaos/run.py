"""One run: load, faults one after the other, recovery after each, and the verdict."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.chaos.faults.fault import Fault
from tests.chaos.harness import PlatformHarness
from tests.chaos.recovery import NotRecovered, recovered

MAX_PAUSE_SECONDS: Final = 0.5


@dataclass
class Injection:
    """One fault that was injected."""

    fault: str
    lasted_seconds: float = 0.0
    recovery_seconds: float | None = None
    """None when the platform did not recover."""
    problems: list[str] = field(default_factory=list)


async def inject_all(
    harness: PlatformHarness,
    faults: Sequence[Fault],
    seed: int,
    say: Callable[[Injection], None],
    stopped: asyncio.Event,
) -> list[Injection]:
    """Inject faults, each after the platform recovered from the one before, until `stopped`.

    Each draws from its own generator, so that the draws of one do not change the next.
    """
    injections = []
    for place, fault in enumerate(faults):
        if stopped.is_set():
            break
        chance = Random(f"{seed}/{place}")
        await asyncio.sleep(chance.uniform(0, MAX_PAUSE_SECONDS))
        injections.append(await _inject(harness, fault, chance))
        say(injections[-1])
        if injections[-1].recovery_seconds is None:
            break
    return injections


async def _inject(harness: PlatformHarness, fault: Fault, chance: Random) -> Injection:
    injection = Injection(fault.name)
    start = time.monotonic()
    try:
        injection.problems += await fault.inject(harness, chance)
    except TimeoutError as error:
        injection.problems.append(str(error) or "the fault could not be injected in time")
    injection.lasted_seconds = time.monotonic() - start
    try:
        injection.recovery_seconds = await recovered(harness)
    except NotRecovered as error:
        injection.problems.append(str(error))
    return injection
