"""Has the platform's own commands verify what is left: read models, and decisions made again."""

import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from tests.chaos.harness import PlatformHarness
from tradewind.operations.access.addresses import ADDRESS_VARIABLES

VERIFICATION: Final = "a command finds differences"
TIMEOUT_SECONDS: Final = 300.0
SHOWN_CHARACTERS: Final = 2_000

type Problem = tuple[str, str]


async def verified(harness: PlatformHarness, since: datetime) -> list[Problem]:
    """Return what `rebuild --verify` finds, and `redecide` of what was decided since then."""
    found = []
    for command in (
        ("rebuild", "--verify"),
        ("redecide", "--recorded-settings", "--from", since.isoformat()),
    ):
        code, told = await _run(harness, command)
        if code:
            found.append((VERIFICATION, f"tradewind {' '.join(command)}: {told}"))
    return found


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
