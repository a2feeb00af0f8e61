"""Has the platform's own commands verify what is left: read models, and decisions made again."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from tests.chaos.harness import PlatformHarness
from tradewind.operations.access.addresses import ADDRESS_VARIABLES

VERIFICATION: Final = "a command finds differences"
REBUILD: Final = ("rebuild", "--verify", "--json")
REDECIDE: Final = ("redecide", "--recorded-settings", "--from")
TIMEOUT_SECONDS: Final = 600.0
SHOWN_CHARACTERS: Final = 2_000

type Problem = tuple[str, str]


async def verified(harness: PlatformHarness, since: datetime) -> list[Problem]:
    """Return what `rebuild --verify` finds, and `redecide` of what was decided since then."""
    found = []
    code, told = await _run(harness, REBUILD)
    if code and are_wrong(told, harness.desk.restores):
        found.append((VERIFICATION, f"tradewind {' '.join(REBUILD)}: {told}"))
    redecide = (*REDECIDE, since.isoformat())
    code, told = await _run(harness, redecide)
    if code:
        found.append((VERIFICATION, f"tradewind {' '.join(redecide)}: {told}"))
    return found


def are_wrong(told: str, restores: int) -> bool:
    """Return whether read models are wrong.

    What the history that a restore has lost left in Redis is read by nobody, and stays there until
    somebody has it removed.
    """
    try:
        counts = json.loads(told.splitlines()[0])
    except (IndexError, ValueError):
        return True
    return bool(counts["different"] or counts["misplaced"] or (counts["unknown"] and not restores))


async def _run(harness: PlatformHarness, words: tuple[str, ...]) -> tuple[int, str]:
    program = Path(sys.executable).with_name("tradewind")
    process = await asyncio.create_subprocess_exec(
        program,
        *words,
        env=dict(_environment(harness)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            told, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        return 1, f"did not end within {TIMEOUT_SECONDS:.0f} s"
    assert process.returncode is not None
    return process.returncode, told.decode(errors="replace")[-SHOWN_CHARACTERS:]


def _environment(harness: PlatformHarness) -> Iterator[tuple[str, str]]:
    yield from os.environ.items()
    yield from harness.processes["coordinator"].service.environment.items()
    for server, variable in ADDRESS_VARIABLES.items():
        yield variable, harness.servers.url(server)
