"""Measures `tradewind up` from the command to a ready platform."""

import time
from pathlib import Path
from typing import Final

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.platform import PlatformFailed, running_platform

NAME: Final = "cold start"
_PER: Final = Reference.PYTHON
_BUDGET: Final = Budget(320)
"""10 s on a machine on which a message of the raw loop takes 209 µs."""


def run(run: Run) -> list[Finding]:
    """Return seconds on an empty data directory, then on one that was used before."""
    data_directory = run.subdirectory("cold-start") / "data"
    fresh = _start_and_stop(data_directory)
    run.say(f"{NAME}: {fresh:.1f} s on an empty data directory")
    again = _start_and_stop(data_directory)
    return [
        Finding(NAME, f"`tradewind up` to ready, {what}", seconds, "s", _BUDGET, per=_PER)
        for what, seconds in (("empty data directory", fresh), ("second start", again))
    ]


def _start_and_stop(data_directory: Path) -> float:
    started_at = time.monotonic()
    try:
        with running_platform(data_directory):
            return time.monotonic() - started_at
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None
