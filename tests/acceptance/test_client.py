"""The programs of the documents run as they stand, against a platform."""

import asyncio
import os
import re
import sys
import textwrap
from asyncio.subprocess import PIPE
from contextlib import suppress
from pathlib import Path

from loadtest.platform import Platform

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
ONE_INTENT_SECONDS = 8


def program(page: str, first_words: str) -> str:
    """Return the Python program of a page that begins with these words."""
    blocks = re.findall(r"^( *)```python\n(.*?)^ *```", (ROOT / page).read_text(), re.M | re.S)
    programs = [textwrap.dedent(block) for _, block in blocks]
    (found,) = (one for one in programs if one.startswith(first_words))
    return found


async def start(text: str, platform: Platform) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-u", "-c", text),
        env={**os.environ, "TRADEWIND_URL": platform.url},
        stdout=PIPE,
    )


async def test_the_first_program_submits_waits_and_tells_the_history(platform: Platform) -> None:
    text = program("clients/python/README.md", "from tradewind_client import Client\n\nWETH")
    running = await start(text, platform)
    async with asyncio.timeout(PATIENCE_SECONDS):
        output, _ = await running.communicate()
    lines = output.decode().splitlines()
    assert running.returncode == 0
    assert lines[0].startswith("completed ")
    assert [line.split()[1] for line in lines[1:3]] == ["intent.submitted", "risk.screened"]
    assert lines[-1].split()[1:] == ["exec.completed", "orchestrator"]


async def test_the_second_program_previews_cancels_follows_and_explains(
    platform: Platform,
) -> None:
    """A cancelled intent may have come to its end first; either way all agree."""
    running = await start(program("clients/python/README.md", "# again.py"), platform)
    async with asyncio.timeout(PATIENCE_SECONDS):
        output, _ = await running.communicate()
    assert running.returncode == 0
    first, *events, state, graph = output.decode().splitlines()
    assert first == "risk says approved and it would execute"
    assert events[0] == "1 intent.submitted"
    ends = {"cancelled": "intent.cancelled", "completed": "exec.completed"}
    assert events[-1].split()[1] == ends[state]
    assert int(graph.split()[0]) >= len(events)


async def test_the_program_that_watches_sees_the_other(platform: Platform) -> None:
    watching = await start(program("README.md", "# .venv/bin/python watch.py"), platform)
    text = program("clients/python/README.md", "from tradewind_client import Client\n\nWETH")
    try:
        assert watching.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = b""
            while b"exec.completed" not in line:
                submitting = await start(text, platform)
                await submitting.communicate()
                # What came before it listened it does not see: then another intent is for it.
                with suppress(TimeoutError):
                    async with asyncio.timeout(ONE_INTENT_SECONDS):
                        while b"exec.completed" not in line:
                            line = await watching.stdout.readline()
    finally:
        watching.kill()
        await watching.wait()
    assert re.fullmatch(rb"\d+ exec\.completed intent-\w{26}\n", line)
